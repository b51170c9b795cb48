/*
 * partiql_literal.c - values in PartiQL: strings, numbers, lists, tuples, sets, parameters.
 *
 * A value without a parameter is encoded once, when it is parsed. One with a parameter somewhere
 * inside, as in ['a', ?], stays a tree of literals and is encoded at every binding. `<< >>` is a
 * bag in PartiQL and a set here, whose type its first element gives.
 *
 * Recursion follows nesting, which the parser bounds (PARTIQL_NESTING_MAX).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/partiql_priv.h"

#define INVALID "One or more parameter values were invalid: "

/* ---- encoding ---- */

static int make_tree(const struct partiql_literal *literal, const struct slice *parameters,
                     struct arena *arena, struct tree **ret_tree, struct expr_error *reterr);

static enum value_type set_type_of(enum value_type element)
{
    return (enum value_type)(element - VALUE_S + VALUE_SS);
}
static_assert(VALUE_B - VALUE_S == VALUE_BS - VALUE_SS, "sets are numbered like their elements");

static int refuse_duplicates(const struct tree *set, struct expr_error *reterr)
{
    struct buf list = BUF_EMPTY;
    int rc = ST_NOMEM;

    if (set->type != VALUE_SS)
        return expr__refuse(reterr, "Input collection contains duplicates");
    for (size_t i = 0; i < set->count && list.len < REFUSAL_BYTES_MAX; i++) {
        if (i > 0)
            buf_append_str(&list, ", ");
        buf_append_slice(&list, set->members[i].value->scalar);
    }
    if (!buf_failed(&list))
        rc = expr__refuse(reterr, INVALID "Input collection [%.*s] contains duplicates.",
                          SLICE_ARGS(buf_slice(&list)));
    buf_release(&list);
    return rc;
}

/** Encodes the set at once, for that is how duplicates show. */
static int close_set(struct tree *set, struct arena *arena, struct expr_error *reterr)
{
    struct slice encoded;
    struct value value;
    int rc;

    if (set->count == 0)
        return expr__refuse(reterr, INVALID "An string set  may not be empty");
    rc = tree_to_value(arena, set, &encoded);
    if (rc < 0)
        return rc;
    value = value_of(encoded);
    if (value_count(&value) < set->count)
        return refuse_duplicates(set, reterr);
    set->encoded = encoded;
    return 0;
}

static int add_element(struct tree *set, struct tree *element, struct arena *arena,
                       struct expr_error *reterr)
{
    bool scalar = element->type == VALUE_S || element->type == VALUE_N || element->type == VALUE_B;

    if (set->count == 0 && scalar)
        set->type = set_type_of(element->type);
    if (!scalar || set->type != set_type_of(element->type))
        return expr__refuse(reterr, INVALID "The elements of a set must be of one type, and of "
                                            "type String, Number or Binary");
    return tree_append(arena, set, element);
}

static int make_container(const struct partiql_literal *literal, const struct slice *parameters,
                          struct arena *arena, struct tree *tree, struct expr_error *reterr)
{
    int rc = 0;

    for (const struct partiql_literal *child = literal->children; child != NULL && rc == 0;
         child = child->sibling) {
        struct tree *member;

        rc = make_tree(child, parameters, arena, &member, reterr);
        if (rc < 0)
            return rc;
        if (tree->type == VALUE_M)
            rc = tree_set(arena, tree, child->name, member);
        else if (tree->type == VALUE_L)
            rc = tree_append(arena, tree, member);
        else
            rc = add_element(tree, member, arena, reterr);
    }
    if (rc == 0 && tree->type != VALUE_M && tree->type != VALUE_L)
        rc = close_set(tree, arena, reterr);
    return rc;
}

static int make_tree(const struct partiql_literal *literal, const struct slice *parameters,
                     struct arena *arena, struct tree **ret_tree, struct expr_error *reterr)
{
    struct tree *tree;

    if (literal->encoded.ptr != NULL || literal->type == 0) {
        *ret_tree =
            tree_from_value(arena, literal->encoded.ptr != NULL ? literal->encoded
                                                                : parameters[literal->parameter]);
        return *ret_tree == NULL ? ST_NOMEM : 0;
    }
    tree = ARENA_NEW(arena, struct tree);
    if (tree == NULL)
        return ST_NOMEM;
    tree->type = literal->type;
    *ret_tree = tree;
    return make_container(literal, parameters, arena, tree, reterr);
}

int partiql__literal_value(const struct partiql_literal *literal, const struct slice *parameters,
                           struct arena *arena, struct slice *ret_encoded,
                           struct expr_error *reterr)
{
    struct tree *tree;
    int rc;

    if (literal->encoded.ptr != NULL || literal->type == 0) {
        *ret_encoded =
            literal->encoded.ptr != NULL ? literal->encoded : parameters[literal->parameter];
        return 0;
    }
    rc = make_tree(literal, parameters, arena, &tree, reterr);
    if (rc < 0)
        return rc;
    /* One level more, for the tuple that is an item is not a value of it. */
    if (tree_depth(tree) > VALUE_DEPTH_MAX + 1)
        return expr__refuse(reterr, "Nesting Levels have exceeded supported limits: Attributes in "
                                    "the item have nested levels beyond supported limit");
    return tree_to_value(arena, tree, ret_encoded);
}

static bool has_parameter(const struct partiql_literal *literal)
{
    if (literal->type == 0)
        return true;
    for (const struct partiql_literal *child = literal->children; child != NULL;
         child = child->sibling)
        if (has_parameter(child))
            return true;
    return false;
}

/* ---- scalars ---- */

static int encode_string(struct arena *arena, struct slice text, struct slice *ret_encoded)
{
    uint8_t *bytes = arena_alloc(arena, 1 + VARINT_BYTES_MAX + text.len);
    size_t len = 1;

    if (bytes == NULL)
        return ST_NOMEM;
    bytes[0] = VALUE_S;
    len += varint_put(bytes + len, text.len);
    if (text.len > 0)
        memcpy(bytes + len, text.ptr, text.len);
    *ret_encoded = slice_of(bytes, len + text.len);
    return 0;
}

static int encode_flag(struct arena *arena, enum value_type type, struct slice *ret_encoded)
{
    uint8_t byte = (uint8_t)type;

    *ret_encoded = arena_dup(arena, slice_of(&byte, 1));
    return ret_encoded->ptr == NULL ? ST_NOMEM : 0;
}

static int parse_string(struct partiql_parser *parser, struct partiql_literal *literal)
{
    struct slice text;
    int rc = partiql__unquote(parser->arena, parser->current.text, &text);

    literal->type = VALUE_S;
    if (rc == 0)
        rc = encode_string(parser->arena, text, &literal->encoded);
    partiql__advance(parser);
    return rc;
}

/** The current token is the number, behind its sign if it has one. */
static int parse_number(struct partiql_parser *parser, struct partiql_literal *literal,
                        bool negative)
{
    struct refusal *refusal = parser->error != NULL ? &parser->error->refusal : NULL;
    struct number number;
    struct value value;
    int rc;

    if (parser->current.kind != PARTIQL_NUMBER)
        return partiql__unexpected_term(parser);
    rc = number_parse(parser->current.text, &number, refusal);
    if (rc == ST_REFUSED && parser->error != NULL)
        parser->error->envelope = parser->error->serialization = false;
    if (rc < 0)
        return rc;
    number.negative = negative && number.coefficient != 0;
    rc = expr__number_value(parser->arena, &number, &value);
    if (rc < 0)
        return rc;
    literal->type = VALUE_N;
    literal->encoded = value.encoded;
    partiql__advance(parser);
    return 0;
}

static enum value_type flag_of(const struct partiql_token *token)
{
    if (partiql__token_is_word(token, "TRUE"))
        return VALUE_TRUE;
    if (partiql__token_is_word(token, "FALSE"))
        return VALUE_FALSE;
    return partiql__token_is_word(token, "NULL") ? VALUE_NULL : 0;
}

/* ---- containers ---- */

static int parse_any(struct partiql_parser *parser, struct partiql_literal **ret_literal);

static void adopt(struct partiql_literal *parent, struct partiql_literal *child)
{
    if (parent->children == NULL)
        parent->children = child;
    else
        parent->last_child->sibling = child;
    parent->last_child = child;
}

/** 'name' : of a tuple. */
static int parse_name(struct partiql_parser *parser, struct slice *ret_name)
{
    int rc;

    if (parser->current.kind != PARTIQL_STRING)
        return partiql__unexpected_term(parser);
    rc = partiql__unquote(parser->arena, parser->current.text, ret_name);
    if (rc < 0)
        return rc;
    if (ret_name->len == 0)
        return expr__refuse(parser->error, INVALID "An attribute name may not be empty");
    partiql__advance(parser);
    return partiql__expect(parser, PARTIQL_COLON, "COLON");
}

static int parse_members(struct partiql_parser *parser, struct partiql_literal *container,
                         enum partiql_token_kind end, const char *end_name)
{
    struct partiql_literal *child = NULL;
    int rc;

    while (parser->current.kind != end) {
        struct slice name = SLICE_EMPTY;

        rc = container->type == VALUE_M ? parse_name(parser, &name) : 0;
        if (rc == 0)
            rc = parse_any(parser, &child);
        if (rc < 0)
            return rc;
        child->name = name;
        adopt(container, child);
        if (parser->current.kind != PARTIQL_COMMA)
            break;
        partiql__advance(parser);
        if (parser->current.kind == end)
            return partiql__unexpected_term(parser);
    }
    return partiql__expect(parser, end, end_name);
}

static int parse_container(struct partiql_parser *parser, struct partiql_literal *literal)
{
    enum partiql_token_kind kind = parser->current.kind;
    int rc = partiql__enter(parser);

    if (rc < 0)
        return rc;
    partiql__advance(parser);
    if (kind == PARTIQL_CURLY_OPEN) {
        literal->type = VALUE_M;
        rc = parse_members(parser, literal, PARTIQL_CURLY_CLOSE, "RIGHT_CURLY");
    } else if (kind == PARTIQL_SQUARE_OPEN) {
        literal->type = VALUE_L;
        rc = parse_members(parser, literal, PARTIQL_SQUARE_CLOSE, "RIGHT_BRACKET");
    } else {
        literal->type = VALUE_SS;
        rc = parse_members(parser, literal, PARTIQL_BAG_CLOSE, "RIGHT_DOUBLE_ANGLE_BRACKET");
    }
    parser->depth--;
    return rc;
}

/* ---- any value ---- */

bool partiql__at_literal(const struct partiql_parser *parser)
{
    switch (parser->current.kind) {
    case PARTIQL_STRING:
    case PARTIQL_NUMBER:
    case PARTIQL_PARAMETER:
    case PARTIQL_SQUARE_OPEN:
    case PARTIQL_CURLY_OPEN:
    case PARTIQL_BAG_OPEN:
    case PARTIQL_PLUS:
    case PARTIQL_MINUS:
        return true;
    case PARTIQL_WORD:
        return flag_of(&parser->current) != 0;
    default:
        return false;
    }
}

static int parse_any(struct partiql_parser *parser, struct partiql_literal **ret_literal)
{
    struct partiql_literal *literal = ARENA_NEW(parser->arena, struct partiql_literal);
    enum partiql_token_kind kind = parser->current.kind;

    if (literal == NULL)
        return ST_NOMEM;
    *ret_literal = literal;
    switch (kind) {
    case PARTIQL_STRING:
        return parse_string(parser, literal);
    case PARTIQL_PLUS:
    case PARTIQL_MINUS:
        partiql__advance(parser);
        return parse_number(parser, literal, kind == PARTIQL_MINUS);
    case PARTIQL_NUMBER:
        return parse_number(parser, literal, false);
    case PARTIQL_PARAMETER:
        literal->parameter = parser->statement->parameter_count++;
        partiql__advance(parser);
        return 0;
    case PARTIQL_SQUARE_OPEN:
    case PARTIQL_CURLY_OPEN:
    case PARTIQL_BAG_OPEN:
        return parse_container(parser, literal);
    case PARTIQL_WORD:
        literal->type = flag_of(&parser->current);
        if (literal->type == 0)
            break;
        partiql__advance(parser);
        return encode_flag(parser->arena, literal->type, &literal->encoded);
    default:
        break;
    }
    return partiql__unexpected_term(parser);
}

int partiql__parse_literal(struct partiql_parser *parser, struct partiql_literal **ret_literal)
{
    struct partiql_literal *literal;
    struct slice encoded;
    int rc = parse_any(parser, &literal);

    if (rc < 0)
        return rc;
    if (!has_parameter(literal)) {
        rc = partiql__literal_value(literal, NULL, parser->arena, &encoded, parser->error);
        if (rc < 0)
            return rc;
        literal->encoded = encoded;
        literal->type = value_of(encoded).type; /* of a set, now known */
    }
    *ret_literal = literal;
    return 0;
}

int partiql__parse_value(struct partiql_parser *parser, struct expr_node **ret_node)
{
    struct expr_node *node = ARENA_NEW(parser->arena, struct expr_node);
    struct partiql_literal *literal;
    int rc;

    if (node == NULL)
        return ST_NOMEM;
    rc = partiql__parse_literal(parser, &literal);
    if (rc < 0)
        return rc;
    literal->number = parser->statement->literal_count++;
    *parser->literals_end = literal;
    parser->literals_end = &literal->next_listed;
    node->kind = NODE_VALUE;
    node->literal = literal->number;
    if (literal->encoded.ptr != NULL)
        node->value = value_of(literal->encoded);
    *ret_node = node;
    return 0;
}
