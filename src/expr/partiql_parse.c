/*
 * partiql_parse.c - the grammar of statements.
 *
 *   statement := (select | exists | insert | update | delete) [;]
 *   select    := SELECT (* | path (, path)*) FROM source [WHERE condition]
 *                [ORDER BY name [ASC | DESC] (, name [ASC | DESC])*]
 *   exists    := EXISTS ( select )
 *   insert    := INSERT INTO source VALUE (tuple | ?)
 *   update    := UPDATE source (SET path = assigned (, path = assigned)* | REMOVE path)+
 *                [WHERE condition] [RETURNING (ALL | MODIFIED) (OLD | NEW) *]
 *   delete    := DELETE FROM source [WHERE condition] [RETURNING ALL OLD *]
 *   source    := name [. name]
 *   path      := name ( . name | [ digits ] )*
 *
 * The parser is predictive and stops at the first token that cannot continue. The words of its
 * complaints are those of PartiQL's own parser, which the service uses; what PartiQL has and
 * DynamoDB has not is refused with the place where it stands.
 *
 * Source: dynamodb-partiql-vector.md §1; Developer Guide, ql-reference.statements.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "expr/partiql_priv.h"

/* ---- tokens and complaints ---- */

void partiql__advance(struct partiql_parser *parser)
{
    parser->current = partiql__token_read(parser->text, parser->at);
    parser->at = (size_t)(parser->current.text.ptr - parser->text.ptr) + parser->current.text.len;
}

struct partiql_token partiql__peek(const struct partiql_parser *parser)
{
    return partiql__token_read(parser->text, parser->at);
}

bool partiql__token_is_word(const struct partiql_token *token, const char *word)
{
    return token->kind == PARTIQL_WORD && token->text.len == strlen(word) &&
           strncasecmp((const char *)token->text.ptr, word, token->text.len) == 0;
}

bool partiql__at_word(const struct partiql_parser *parser, const char *word)
{
    return partiql__token_is_word(&parser->current, word);
}

bool partiql__take_word(struct partiql_parser *parser, const char *word)
{
    if (!partiql__at_word(parser, word))
        return false;
    partiql__advance(parser);
    return true;
}

int partiql__malformed(const struct partiql_parser *parser, const char *fmt, ...)
{
    struct refusal inner;
    va_list args;

    va_start(args, fmt);
    (void)refuse_v(&inner, fmt, args);
    va_end(args);
    return expr__refuse(parser->error, "Statement wasn't well formed, can't be processed: %s",
                        inner.text);
}

int partiql__refuse_at(const struct partiql_parser *parser, const struct partiql_token *token,
                       const char *text)
{
    unsigned line = 1, column = 1;

    for (const uint8_t *at = parser->text.ptr; at < token->text.ptr; at++) {
        if (*at == '\n') {
            line++;
            column = 1;
        } else {
            column += (*at & 0xC0) != 0x80; /* characters */
        }
    }
    return expr__refuse(parser->error, "%s at %u:%u:%zu", text, line, column, token->text.len);
}

int partiql__unexpected_term(const struct partiql_parser *parser)
{
    if (parser->current.keyword)
        return partiql__malformed(parser, "Unexpected keyword");
    if (parser->current.kind >= PARTIQL_PLUS && parser->current.kind <= PARTIQL_OPERATOR)
        return partiql__malformed(parser, "Unexpected operator");
    return partiql__malformed(parser, "Unexpected term");
}

int partiql__expect(struct partiql_parser *parser, enum partiql_token_kind kind, const char *name)
{
    if (parser->current.kind != kind)
        return partiql__malformed(parser, "Expected %s", name);
    partiql__advance(parser);
    return 0;
}

int partiql__enter(struct partiql_parser *parser)
{
    if (++parser->depth <= PARTIQL_NESTING_MAX)
        return 0;
    return partiql__malformed(parser, "Expressions are nested too deeply");
}

/* ---- names and paths ---- */

static bool at_name(const struct partiql_parser *parser)
{
    return parser->current.kind == PARTIQL_QUOTED ||
           (parser->current.kind == PARTIQL_WORD && !parser->current.keyword);
}

/** The current token is a name. */
static int take_name(struct partiql_parser *parser, struct slice *ret_name)
{
    int rc = 0;

    *ret_name = parser->current.text;
    if (parser->current.kind == PARTIQL_QUOTED)
        rc = partiql__unquote(parser->arena, parser->current.text, ret_name);
    if (rc == 0 && ret_name->len == 0)
        return expr__refuse(parser->error, "Path component cannot be an empty string");
    partiql__advance(parser);
    return rc;
}

/** The digits of a list index; what is too large stays too large. */
static int take_index(struct partiql_parser *parser, bool simple, uint32_t *ret_index)
{
    struct slice digits = parser->current.text;
    uint64_t index = 0;

    for (size_t i = 0; i < digits.len; i++)
        if (parser->current.kind != PARTIQL_NUMBER || digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return simple
                       ? partiql__malformed(parser, "Invalid path component for simple path")
                       : partiql__refuse_at(parser, &parser->current, "Unexpected path component");
    for (size_t i = 0; i < digits.len && index <= EXPR_LIST_INDEX_MAX; i++)
        index = index * 10 + (digits.ptr[i] - '0');
    if (index > EXPR_LIST_INDEX_MAX)
        return expr__refuse(parser->error,
                            "List index is not within the allowable range; index: [%.*s]",
                            SLICE_ARGS(digits));
    *ret_index = (uint32_t)index;
    partiql__advance(parser);
    return partiql__expect(parser, PARTIQL_SQUARE_CLOSE, "RIGHT_BRACKET");
}

/** After a dot or an opening bracket. */
static int take_component(struct partiql_parser *parser, bool simple, bool is_index,
                          struct expr_path_element *element)
{
    element->is_index = is_index;
    if (is_index)
        return parser->current.kind == PARTIQL_END ? partiql__malformed(parser, "Unexpected term")
                                                   : take_index(parser, simple, &element->index);
    if (!at_name(parser))
        return partiql__malformed(parser, simple ? "Invalid path dot component for simple path"
                                                 : "Invalid path dot component");
    return take_name(parser, &element->name);
}

int partiql__parse_path(struct partiql_parser *parser, bool simple, struct expr_path **ret_path)
{
    struct expr_path_element elements[EXPR_PATH_DEPTH_MAX];
    struct expr_path *path = ARENA_NEW(parser->arena, struct expr_path);
    size_t count = 1;
    int rc;

    if (path == NULL)
        return ST_NOMEM;
    if (!at_name(parser))
        return simple ? partiql__malformed(parser, "Expected identifier for simple path")
                      : partiql__unexpected_term(parser);
    elements[0] = (struct expr_path_element){.is_index = false};
    rc = take_name(parser, &elements[0].name);
    while (rc == 0 &&
           (parser->current.kind == PARTIQL_DOT || parser->current.kind == PARTIQL_SQUARE_OPEN)) {
        bool is_index = parser->current.kind == PARTIQL_SQUARE_OPEN;

        if (count == EXPR_PATH_DEPTH_MAX)
            return expr__refuse(parser->error,
                                "The document path has too many nesting levels; "
                                "nesting levels: %zu",
                                count + 1);
        partiql__advance(parser);
        elements[count] = (struct expr_path_element){.is_index = is_index};
        rc = take_component(parser, simple, is_index, &elements[count++]);
    }
    if (rc < 0)
        return rc;
    path->elements = ARENA_ARRAY(parser->arena, struct expr_path_element, count);
    if (path->elements == NULL)
        return ST_NOMEM;
    memcpy(path->elements, elements, count * sizeof(elements[0]));
    path->count = count;
    *parser->paths_end = path;
    parser->paths_end = &path->next;
    *ret_path = path;
    return 0;
}

/** Paths that are read from now on belong to another clause. */
static void begin_paths(struct partiql_parser *parser)
{
    parser->paths = NULL;
    parser->paths_end = &parser->paths;
}

/** A table, and perhaps one of its indexes. */
static int parse_source(struct partiql_parser *parser, bool simple)
{
    struct partiql_statement *statement = parser->statement;
    int rc;

    if (!at_name(parser))
        return simple ? partiql__malformed(parser, "Expected identifier for simple path")
                      : partiql__unexpected_term(parser);
    rc = take_name(parser, &statement->table);
    if (rc < 0 || parser->current.kind != PARTIQL_DOT)
        return rc;
    partiql__advance(parser);
    if (!at_name(parser))
        return partiql__malformed(parser, simple ? "Invalid path dot component for simple path"
                                                 : "Invalid path dot component");
    rc = take_name(parser, &statement->index);
    if (rc == 0 && parser->current.kind == PARTIQL_DOT)
        return expr__refuse(parser->error,
                            "A path may contain at most 2 components in the FROM clause");
    if (rc == 0 && simple)
        return expr__refuse(parser->error, "This operation is not supported on an index");
    return rc;
}

/* ---- clauses ---- */

static int parse_where(struct partiql_parser *parser)
{
    int rc;

    if (!partiql__take_word(parser, "WHERE"))
        return 0;
    begin_paths(parser);
    rc = partiql__parse_condition(parser, &parser->statement->where);
    parser->statement->where_paths = parser->paths;
    return rc;
}

static int parse_returning(struct partiql_parser *parser)
{
    bool modified, new_image;
    struct partiql_statement *statement = parser->statement;

    if (!partiql__take_word(parser, "RETURNING"))
        return 0;
    modified = partiql__at_word(parser, "MODIFIED");
    if (!modified && !partiql__at_word(parser, "ALL"))
        return partiql__malformed(parser, "Expected ALL or MODIFIED in a RETURNING clause");
    partiql__advance(parser);
    new_image = partiql__at_word(parser, "NEW");
    if (!new_image && !partiql__at_word(parser, "OLD"))
        return partiql__malformed(parser, "Expected NEW or OLD in a RETURNING clause");
    partiql__advance(parser);
    if (modified)
        statement->returning =
            new_image ? PARTIQL_RETURNING_MODIFIED_NEW : PARTIQL_RETURNING_MODIFIED_OLD;
    else
        statement->returning = new_image ? PARTIQL_RETURNING_ALL_NEW : PARTIQL_RETURNING_ALL_OLD;
    if (statement->kind == PARTIQL_DELETE && statement->returning != PARTIQL_RETURNING_ALL_OLD)
        return expr__refuse(parser->error,
                            "Invalid returning clause: RETURNING %s %s *. Only RETURNING ALL OLD * "
                            "is allowed in DELETE statements.",
                            modified ? "MODIFIED" : "ALL", new_image ? "NEW" : "OLD");
    return partiql__expect(parser, PARTIQL_STAR, "STAR");
}

/* ---- SELECT ---- */

/** The last name of a path, with the indexes behind it: a.b[1] is `b[1]` in the answer. */
static int leaf_name(struct partiql_parser *parser, const struct expr_path *path,
                     struct slice *ret_name)
{
    size_t leaf = path->count - 1;
    char *text;

    while (path->elements[leaf].is_index)
        leaf--;
    *ret_name = path->elements[leaf].name;
    if (leaf + 1 == path->count)
        return 0;
    text = arena_str(parser->arena, *ret_name);
    for (size_t i = leaf + 1; i < path->count && text != NULL; i++)
        text = arena_printf(parser->arena, "%s[%u]", text, path->elements[i].index);
    if (text == NULL)
        return ST_NOMEM;
    *ret_name = slice_str(text);
    return 0;
}

static int parse_projected(struct partiql_parser *parser, struct partiql_projected *projected)
{
    struct partiql_token token = parser->current, next = partiql__peek(parser);
    struct expr_path *path;
    int rc;

    if (partiql__at_literal(parser) || (token.kind == PARTIQL_WORD && next.kind == PARTIQL_OPEN))
        return partiql__refuse_at(parser, &token, "Unexpected path component");
    if (token.kind == PARTIQL_STAR)
        return partiql__malformed(parser, "Other expressions may not be present in the select list "
                                          "when '*' is used without dot notation.");
    rc = partiql__parse_path(parser, false, &path);
    if (rc < 0)
        return rc;
    if (at_name(parser) || partiql__at_word(parser, "AS"))
        return partiql__refuse_at(parser, &parser->current, "Unsupported clause: AS");
    projected->path = path;
    return leaf_name(parser, path, &projected->name);
}

static int parse_select_list(struct partiql_parser *parser)
{
    struct partiql_projection *projection = ARENA_NEW(parser->arena, struct partiql_projection);
    struct partiql_projected *attributes = NULL;
    size_t count = 0, cap = 0;
    int rc;

    if (projection == NULL)
        return ST_NOMEM;
    for (;;) {
        if (count == cap) {
            struct partiql_projected *grown =
                ARENA_ARRAY(parser->arena, struct partiql_projected, cap == 0 ? 8 : cap * 2);

            if (grown == NULL)
                return ST_NOMEM;
            if (count > 0)
                memcpy(grown, attributes, count * sizeof(*grown));
            attributes = grown;
            cap = cap == 0 ? 8 : cap * 2;
        }
        rc = parse_projected(parser, &attributes[count++]);
        if (rc < 0)
            return rc;
        if (parser->current.kind != PARTIQL_COMMA)
            break;
        partiql__advance(parser);
    }
    projection->attributes = attributes;
    projection->count = count;
    projection->paths.paths = parser->paths;
    projection->paths.count = count;
    parser->statement->projection = projection;
    return 0;
}

static int parse_order(struct partiql_parser *parser)
{
    enum { ORDER_NAMES_MAX = 8 }; /* as many as an index has key attributes */
    struct partiql_order *order;
    size_t count = 0;
    int rc;

    if (!partiql__take_word(parser, "ORDER"))
        return 0;
    if (!partiql__take_word(parser, "BY"))
        return partiql__malformed(parser, "Expected BY");
    order = ARENA_ARRAY(parser->arena, struct partiql_order, ORDER_NAMES_MAX);
    if (order == NULL)
        return ST_NOMEM;
    do {
        if (count > 0)
            partiql__advance(parser);
        if (!at_name(parser))
            return partiql__unexpected_term(parser);
        if (count == ORDER_NAMES_MAX)
            return expr__refuse(parser->error, "Too many attributes in the ORDER BY clause");
        rc = take_name(parser, &order[count].name);
        if (rc < 0)
            return rc;
        order[count].descending = partiql__take_word(parser, "DESC");
        if (!order[count].descending)
            (void)partiql__take_word(parser, "ASC");
        count++;
    } while (parser->current.kind == PARTIQL_COMMA);
    parser->statement->order = order;
    parser->statement->order_count = count;
    return 0;
}

/** Clauses of PartiQL that DynamoDB has not. */
static int refuse_clauses(const struct partiql_parser *parser)
{
    static const char *const words[] = {"AS",     "AT",    "BY",     "GROUP", "HAVING",   "LIMIT",
                                        "OFFSET", "UNION", "EXCEPT", "LET",   "INTERSECT"};
    char text[32];

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (partiql__at_word(parser, words[i])) {
            snprintf(text, sizeof(text), "Unsupported clause: %s", words[i]);
            return partiql__refuse_at(parser, &parser->current, text);
        }
    return 0;
}

static int refuse_joins(const struct partiql_parser *parser)
{
    static const char *const words[] = {"JOIN", "INNER", "LEFT", "RIGHT", "OUTER", "CROSS", "FULL"};
    bool join = parser->current.kind == PARTIQL_COMMA;

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        join = join || partiql__at_word(parser, words[i]);
    return join ? partiql__refuse_at(parser, &parser->current,
                                     "FROM clause may only contain a single table name in data "
                                     "manipulation statements")
                : 0;
}

/** After the word SELECT. */
static int parse_select(struct partiql_parser *parser)
{
    int rc = 0;

    if (partiql__at_word(parser, "DISTINCT"))
        return partiql__refuse_at(parser, &parser->current, "Unsupported clause: DISTINCT");
    if (parser->current.kind == PARTIQL_STAR) {
        partiql__advance(parser);
        if (parser->current.kind == PARTIQL_COMMA)
            return partiql__malformed(parser,
                                      "Other expressions may not be present in the select list "
                                      "when '*' is used without dot notation.");
    } else {
        rc = parse_select_list(parser);
    }
    if (rc < 0)
        return rc;
    if (!partiql__take_word(parser, "FROM"))
        return partiql__malformed(parser, "Expected FROM after SELECT list");
    rc = parse_source(parser, false);
    if (rc == 0)
        rc = refuse_joins(parser);
    if (rc == 0)
        rc = refuse_clauses(parser);
    if (rc == 0)
        rc = parse_where(parser);
    if (rc == 0)
        rc = refuse_clauses(parser);
    if (rc == 0)
        rc = parse_order(parser);
    return rc < 0 ? rc : refuse_clauses(parser);
}

static int parse_exists(struct partiql_parser *parser)
{
    int rc = partiql__expect(parser, PARTIQL_OPEN, "LEFT_PAREN");

    if (rc < 0)
        return rc;
    if (!partiql__take_word(parser, "SELECT"))
        return partiql__unexpected_term(parser);
    rc = parse_select(parser);
    return rc < 0 ? rc : partiql__expect(parser, PARTIQL_CLOSE, "RIGHT_PAREN");
}

/* ---- writes ---- */

static int parse_insert(struct partiql_parser *parser)
{
    int rc;

    if (!partiql__take_word(parser, "INTO"))
        return partiql__malformed(parser, "Unexpected keyword");
    rc = parse_source(parser, true);
    if (rc < 0)
        return rc;
    if (partiql__take_word(parser, "VALUES"))
        return partiql__malformed(parser, "Expected LEFT_PAREN for row value constructor");
    if (parser->current.kind == PARTIQL_OPEN) { /* a list of columns, as SQL has it */
        partiql__advance(parser);
        return partiql__unexpected_term(parser);
    }
    if (!partiql__take_word(parser, "VALUE"))
        return partiql__unexpected_term(parser);
    if (parser->current.kind != PARTIQL_CURLY_OPEN && parser->current.kind != PARTIQL_PARAMETER)
        return partiql__unexpected_term(parser);
    return partiql__parse_literal(parser, &parser->statement->item);
}

static int parse_action(struct partiql_parser *parser, enum action_kind kind,
                        struct expr_action *action)
{
    int rc;

    action->kind = kind;
    rc = partiql__parse_path(parser, true, &action->target);
    if (rc < 0 || kind == ACTION_REMOVE)
        return rc;
    if (parser->current.kind != PARTIQL_EQ)
        return partiql__malformed(parser, "Expected '='");
    partiql__advance(parser);
    return partiql__parse_assigned(parser, action);
}

static int parse_actions(struct partiql_parser *parser)
{
    struct partiql_statement *statement = parser->statement;
    struct expr_action **end = &statement->actions;
    int rc;

    begin_paths(parser);
    do {
        enum action_kind kind = partiql__at_word(parser, "REMOVE") ? ACTION_REMOVE : ACTION_SET;

        do {
            partiql__advance(parser); /* the word, or a comma */
            *end = ARENA_NEW(parser->arena, struct expr_action);
            if (*end == NULL)
                return ST_NOMEM;
            rc = parse_action(parser, kind, *end);
            if (rc < 0)
                return rc;
            end = &(*end)->next;
            statement->action_count++;
        } while (kind == ACTION_SET && parser->current.kind == PARTIQL_COMMA);
    } while (partiql__at_word(parser, "SET") || partiql__at_word(parser, "REMOVE"));
    statement->update_paths = parser->paths;
    return 0;
}

static int parse_update(struct partiql_parser *parser)
{
    int rc = parse_source(parser, true);

    if (rc < 0)
        return rc;
    if (!partiql__at_word(parser, "SET") && !partiql__at_word(parser, "REMOVE"))
        return partiql__malformed(parser, "Expected data manipulation");
    rc = parse_actions(parser);
    if (rc == 0)
        rc = parse_where(parser);
    return rc < 0 ? rc : parse_returning(parser);
}

static int parse_delete(struct partiql_parser *parser)
{
    int rc;

    if (!partiql__take_word(parser, "FROM"))
        return partiql__malformed(parser, "Expected FROM after DELETE");
    rc = parse_source(parser, true);
    if (rc == 0)
        rc = parse_where(parser);
    return rc < 0 ? rc : parse_returning(parser);
}

/* ---- a statement ---- */

static int parse_statement(struct partiql_parser *parser)
{
    static const struct {
        const char *word;
        enum partiql_kind kind;
        int (*parse)(struct partiql_parser *parser);
    } statements[] = {
        {"SELECT", PARTIQL_SELECT, parse_select}, {"EXISTS", PARTIQL_EXISTS, parse_exists},
        {"INSERT", PARTIQL_INSERT, parse_insert}, {"UPDATE", PARTIQL_UPDATE, parse_update},
        {"DELETE", PARTIQL_DELETE, parse_delete},
    };

    for (size_t i = 0; i < ARRAY_LEN(statements); i++)
        if (partiql__take_word(parser, statements[i].word)) {
            parser->statement->kind = statements[i].kind;
            return statements[i].parse(parser);
        }
    return partiql__malformed(parser, "Expected data manipulation");
}

int partiql_parse(struct arena *arena, struct slice text,
                  const struct partiql_statement **ret_statement, struct expr_error *reterr)
{
    struct partiql_statement *statement = ARENA_NEW(arena, struct partiql_statement);
    struct partiql_parser parser = {
        .arena = arena, .text = text, .statement = statement, .error = reterr};
    int rc;

    if (statement == NULL)
        return ST_NOMEM;
    begin_paths(&parser);
    parser.literals_end = &statement->literals;
    partiql__advance(&parser);
    rc = parse_statement(&parser);
    if (rc < 0)
        return rc;
    if (parser.current.kind == PARTIQL_SEMICOLON)
        partiql__advance(&parser);
    if (parser.current.kind != PARTIQL_END)
        return partiql__malformed(&parser, "Unexpected token after expression");
    *ret_statement = statement;
    return 0;
}

enum partiql_kind partiql_statement_kind(const struct partiql_statement *statement)
{
    return statement->kind;
}
