/*
 * partiql_priv.h - tokens and the parsed form of PartiQL statements, shared by partiql*.c.
 *
 *     partiql_tokenizer.c   text -> tokens; never fails
 *     partiql_parse.c       tokens -> a statement: its clauses, tables and paths
 *     partiql_condition.c   ... its WHERE clause and the right sides of SET
 *     partiql_literal.c     ... its values, which may have parameters inside
 *     partiql_bind.c        a statement and parameters -> condition, update, item
 *     partiql_plan.c        which keys a WHERE clause asks for
 *     partiql_project.c     the attributes that a SELECT names
 *
 * Conditions, paths and updates are those of expr_priv.h from the beginning; only a NODE_VALUE is
 * not complete after parsing: it has the number of its literal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_EXPR_PARTIQL_PRIV_H
#define TROPIC_EXPR_PARTIQL_PRIV_H

#include "expr/expr_priv.h"
#include "expr/partiql.h"

enum {
    /* Ours: how deep groups, NOTs, calls and values may stand inside each other. An item nests at
     * most VALUE_DEPTH_MAX levels; the rest is for parentheses. */
    PARTIQL_NESTING_MAX = 200,
};

/* ---- tokens ---- */

enum partiql_token_kind {
    PARTIQL_END,
    PARTIQL_WORD,   /* an identifier or a keyword */
    PARTIQL_QUOTED, /* "identifier" */
    PARTIQL_STRING, /* 'text' */
    PARTIQL_NUMBER,
    PARTIQL_PARAMETER, /* ? */
    PARTIQL_OPEN,
    PARTIQL_CLOSE,
    PARTIQL_SQUARE_OPEN,
    PARTIQL_SQUARE_CLOSE,
    PARTIQL_CURLY_OPEN,
    PARTIQL_CURLY_CLOSE,
    PARTIQL_BAG_OPEN,  /* << */
    PARTIQL_BAG_CLOSE, /* >> */
    PARTIQL_COMMA,
    PARTIQL_COLON,
    PARTIQL_SEMICOLON,
    PARTIQL_DOT,
    PARTIQL_STAR,
    PARTIQL_PLUS,
    PARTIQL_MINUS,
    PARTIQL_EQ, /* the six comparators keep this order: enum expr_operator follows it */
    PARTIQL_NE,
    PARTIQL_LT,
    PARTIQL_LE,
    PARTIQL_GT,
    PARTIQL_GE,
    PARTIQL_OPERATOR, /* another operator of PartiQL: no grammar here has it */
    PARTIQL_FOREIGN,  /* starts no token, or a quote that does not end */
};

struct partiql_token {
    enum partiql_token_kind kind;
    bool keyword;      /* a word that PartiQL reserves */
    struct slice text; /* of the source, quotes included; empty at the end */
};

/** The token at or after `at`; blanks and comments before it are skipped. Never fails. */
struct partiql_token partiql__token_read(struct slice text, size_t at);
/** What stands between the quotes of a string or a quoted identifier, doubled quotes undone. */
int partiql__unquote(struct arena *arena, struct slice quoted, struct slice *ret_text);

/* ---- the parsed form ---- */

struct partiql_literal {
    /* VALUE_S, VALUE_N, VALUE_TRUE, VALUE_FALSE, VALUE_NULL, VALUE_L, VALUE_M; 0: a parameter. A
     * set is VALUE_SS until its first element is known. */
    enum value_type type;
    struct slice encoded; /* no parameter inside: made when it was parsed */
    size_t parameter;     /* number of the parameter, from 0 */
    struct slice name;    /* as a member of a tuple */
    struct partiql_literal *children, *last_child, *sibling;
    size_t number;                       /* of a literal that an expression has as an operand */
    struct partiql_literal *next_listed; /* those, in the order of the text */
};

struct partiql_projection {
    const struct partiql_projected {
        const struct expr_path *path;
        struct slice name; /* in the answer */
    } * attributes;
    size_t count;
    struct expr_projection paths; /* not sorted: they may overlap */
};

struct partiql_statement {
    enum partiql_kind kind;
    struct slice table, index;
    enum partiql_returning returning;
    struct expr_node *where; /* NULL: none */
    struct expr_path *where_paths;
    struct expr_action *actions;
    size_t action_count;
    struct expr_path *update_paths;
    struct partiql_literal *item;
    struct partiql_projection *projection;
    struct partiql_order *order;
    size_t order_count;
    struct partiql_literal *literals;
    size_t literal_count, parameter_count;
    unsigned operators;
};

/* ---- parser ---- */

struct partiql_parser {
    struct arena *arena;
    struct slice text;
    struct partiql_token current;
    size_t at; /* after current */
    unsigned depth;
    struct partiql_statement *statement;
    struct expr_path *paths, **paths_end;
    struct partiql_literal **literals_end;
    struct expr_error *error;
};

void partiql__advance(struct partiql_parser *parser);
/** The token after the current one. */
struct partiql_token partiql__peek(const struct partiql_parser *parser);
/** The current token is that keyword, whatever its case. */
bool partiql__at_word(const struct partiql_parser *parser, const char *word);
bool partiql__token_is_word(const struct partiql_token *token, const char *word);
/** Steps over the keyword, if it is there. */
bool partiql__take_word(struct partiql_parser *parser, const char *word);
/** Steps over a token of that kind, or refuses: "Expected <name>". */
int partiql__expect(struct partiql_parser *parser, enum partiql_token_kind kind, const char *name);
/** "Statement wasn't well formed, can't be processed: " and the detail. Returns ST_REFUSED. */
int partiql__malformed(const struct partiql_parser *parser, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** "<text> at <line>:<column>:<length>" of the token. Returns ST_REFUSED. */
int partiql__refuse_at(const struct partiql_parser *parser, const struct partiql_token *token,
                       const char *text);
/** The current token is no beginning of an expression. Returns ST_REFUSED. */
int partiql__unexpected_term(const struct partiql_parser *parser);
/** One level deeper, or refuses. The caller ends with parser->depth--. */
int partiql__enter(struct partiql_parser *parser);

/** An identifier, quoted or not. simple: as the target of SET and REMOVE. */
int partiql__parse_path(struct partiql_parser *parser, bool simple, struct expr_path **ret_path);
int partiql__parse_condition(struct partiql_parser *parser, struct expr_node **ret_node);
/** The right side of SET, whose left side is `target`; may change the kind of the action. */
int partiql__parse_assigned(struct partiql_parser *parser, struct expr_action *action);
bool partiql__at_literal(const struct partiql_parser *parser);
int partiql__parse_literal(struct partiql_parser *parser, struct partiql_literal **ret_literal);
/** A literal as an operand. */
int partiql__parse_value(struct partiql_parser *parser, struct expr_node **ret_node);

/** The value with its parameters filled in, encoded. */
int partiql__literal_value(const struct partiql_literal *literal, const struct slice *parameters,
                           struct arena *arena, struct slice *ret_encoded,
                           struct expr_error *reterr);

#endif
