/*
 * expr_priv.h - tokens, the tree of a parsed expression, and what the files of this folder share.
 *
 * An expression goes through these hands, each of which reads only what the one before wrote:
 *
 *     tokenizer.c                 text -> tokens, one of look-ahead; never fails
 *     parse.c, parse_condition.c, tokens -> tree of nodes and paths; the only syntax errors
 *     parse_update.c, parse_projection.c
 *     compile.c                   text -> the tree that requests share
 *     bind.c                      the tree of one request, with its #names and :values
 *     static_checks.c, path.c     reserved words, #names and :values, operand counts and types
 *     eval.c                      conditions on an item (no allocation)
 *     update.c, update_values.c   a new item from an old one
 *     project.c, touched.c        the parts of an item that paths select
 *     key_condition.c             what a Query may ask of a key
 *     legacy.c, legacy_conditions.c   the same trees from the parameters of before expressions
 *
 * A tree is written twice: by its parser, and in a copy by its binder. After the bind function
 * returned 0, every name is resolved, every value is a view of the encoded value, and nothing is
 * written to it again.
 *
 * Recursion follows nesting only, which parse.c bounds (EXPR_NESTING_MAX); chains such as
 * a AND b AND c are one node with many children.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_EXPR_EXPR_PRIV_H
#define TROPIC_EXPR_EXPR_PRIV_H

#include <assert.h>

#include "expr/expr.h"

enum {
    /*
     * Ours: how deep groups, NOTs and calls may stand inside each other. In 4,096 bytes a nesting
     * of 512 groups with something beside each is possible, and then there are more than
     * EXPR_OPERATORS_MAX operators; whatever is deeper has redundant parentheses.
     */
    EXPR_NESTING_MAX = 600,
    EXPR_PLACEHOLDER_BYTES_MAX = 255, /* with its # or :. Source: Developer Guide, Constraints */
};
#define EXPR_LIST_INDEX_MAX 4294967294u
#define EXPR_LITERAL_NONE SIZE_MAX /* a value that the grammar itself put there */

/* ---- tokens ---- */

enum token_kind {
    TOKEN_END,
    TOKEN_IDENTIFIER, /* also a function's name; a keyword of another kind of expression */
    TOKEN_NAME,       /* #n */
    TOKEN_VALUE,      /* :v */
    TOKEN_NUMBER,     /* digits; only a list index may be one */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_DOT,
    TOKEN_INDEX_OPEN,
    TOKEN_INDEX_CLOSE,
    TOKEN_EQ, /* the six comparators keep this order: enum expr_operator follows it */
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_BETWEEN,
    TOKEN_IN,
    TOKEN_SET,
    TOKEN_REMOVE,
    TOKEN_ADD,
    TOKEN_DELETE,
    TOKEN_BARE,    /* a # or : with no name after it */
    TOKEN_FOREIGN, /* one character that starts no token */
};

struct token {
    enum token_kind kind;
    struct slice text; /* of the source; empty at the end */
};

/** The token at or after `at`; blanks before it are skipped. Never fails. */
struct token expr__token_read(enum expr_kind kind, struct slice text, size_t at);

bool expr__word_is_reserved(struct slice word);

/* ---- the tree ---- */

struct expr_path_element {
    struct slice text; /* as written: identifier, #name or digits */
    struct slice name; /* resolved: of a #name once bound; unused for an index */
    uint32_t index;
    bool is_index;
};

struct expr_path {
    struct expr_path_element *elements;
    size_t count;
    size_t number;          /* from 0, in the order of the text */
    struct expr_path *next; /* in that order */
};

enum expr_operator {
    OPERATOR_EQ,
    OPERATOR_NE,
    OPERATOR_LT,
    OPERATOR_LE,
    OPERATOR_GT,
    OPERATOR_GE,
    OPERATOR_BETWEEN,
    OPERATOR_IN,
    OPERATOR_PLUS,
    OPERATOR_MINUS,
};

enum expr_function {
    FUNCTION_ATTRIBUTE_EXISTS,
    FUNCTION_ATTRIBUTE_NOT_EXISTS,
    FUNCTION_ATTRIBUTE_TYPE,
    FUNCTION_BEGINS_WITH,
    FUNCTION_CONTAINS,
    FUNCTION_SIZE,
    FUNCTION_IF_NOT_EXISTS,
    FUNCTION_LIST_APPEND,
    FUNCTION_UNKNOWN,
};

enum node_kind {
    NODE_PATH,
    NODE_VALUE,
    NODE_CALL,     /* children: operands */
    NODE_OPERATOR, /* children: operands; BETWEEN has three, IN the needle first */
    NODE_AND,      /* children: two or more conditions */
    NODE_OR,
    NODE_NOT,
};

struct expr_node {
    enum node_kind kind;
    enum expr_operator operation;
    enum expr_function function;
    bool grouped;      /* written in parentheses */
    bool operand;      /* a call whose result is an operand of something */
    struct slice text; /* :value, or a function's name, as written */
    struct expr_path *path;
    struct value value; /* NODE_VALUE, once bound */
    size_t literal;     /* NODE_VALUE of PartiQL: which of the statement's literals */
    struct expr_node *children, *last_child;
    size_t child_count;
    struct expr_node *sibling;
    struct expr_node *next_listed; /* all calls, and all values, in the order of the text */
};

struct expr_condition {
    struct expr_node *root;
    struct expr_path *paths;
    bool legacy; /* compiled from a legacy parameter: refused in that parameter's words */
};

enum action_kind { ACTION_SET, ACTION_REMOVE, ACTION_ADD, ACTION_DELETE, ACTION_KINDS };

struct expr_action {
    enum action_kind kind;
    struct expr_path *target;
    struct expr_node *value; /* NULL for REMOVE */
    struct expr_action *next;
};

struct expr_update {
    struct expr_action *actions;
    size_t action_count;
    struct expr_path *paths;         /* targets and operands */
    const struct expr_path **sorted; /* targets, in expr__path_cmp order */
    bool legacy;                     /* compiled from AttributeUpdates: has words of its own */
};

struct expr_projection {
    struct expr_path *paths;
    const struct expr_path **sorted;
    size_t count;
};

struct expr_text {
    enum expr_kind kind;
    bool has_names, has_values;  /* #names, :values: what a request gives its own copy of */
    struct expr_node *root;      /* of a condition */
    struct expr_action *actions; /* of an update */
    size_t action_count;
    struct expr_path *paths;
    size_t path_count, element_count;
};

/* ---- parser ---- */

struct expr_parser {
    struct arena *arena;
    enum expr_kind kind;
    struct slice text;
    struct token previous, current; /* previous is TOKEN_END before the second token */
    size_t at;                      /* after current */
    unsigned depth, operators;
    bool redundant_parentheses;
    const char *repeated; /* an update's section that was written twice; NULL: none */
    bool has_names;
    struct expr_path *paths, **paths_end;
    size_t path_count, element_count;
    struct expr_node *calls, **calls_end;
    struct expr_node *values, **values_end;
    struct expr_error *error;
};

/** Size and emptiness; then reads the first token. 0 or ST_REFUSED. */
int expr__parser_init(struct expr_parser *parser, struct arena *arena, enum expr_kind kind,
                      struct slice text, struct expr_error *reterr);
void expr__advance(struct expr_parser *parser);
/** Steps over a token of that kind, or refuses. */
int expr__expect(struct expr_parser *parser, enum token_kind kind);
/** The current token cannot continue the expression. Returns ST_REFUSED. */
int expr__syntax_error(const struct expr_parser *parser);
/** "Invalid <kind>Expression: " and the text. Returns ST_REFUSED. */
int expr__invalid(const struct expr_parser *parser, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** The text alone, as a message outside the Put/Update envelope. Returns ST_REFUSED. */
int expr__refuse(struct expr_error *reterr, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** One level deeper; refuses beyond EXPR_NESTING_MAX. The caller ends with parser->depth--. */
int expr__enter(struct expr_parser *parser);
struct expr_node *expr__node_new(struct expr_parser *parser, enum node_kind kind);
void expr__node_adopt(struct expr_node *parent, struct expr_node *child);
/** Marks a group, and notes when a group's whole content is a group. */
void expr__node_group(struct expr_parser *parser, struct expr_node *node);

int expr__parse_path(struct expr_parser *parser, struct expr_path **ret_path);
int expr__parse_value(struct expr_parser *parser, struct expr_node **ret_node);
typedef int (*expr_parse_fn)(struct expr_parser *parser, struct expr_node **ret_node);
/** A path, a :value or a call, whose operands `parse_operand` reads. */
int expr__parse_term(struct expr_parser *parser, expr_parse_fn parse_operand,
                     struct expr_node **ret_node);

/* Whole expressions, to the end of the text; what is wrong is wrong with their grammar. */
int expr__parse_condition(struct expr_parser *parser, struct expr_text *text);
int expr__parse_update(struct expr_parser *parser, struct expr_text *text);
int expr__parse_projection(struct expr_parser *parser); /* paths, which the parser lists */

/* ---- static checks ---- */

/** What is wrong with the text alone, grammar aside. */
int expr__check_text(const struct expr_parser *parser);
/* Names, values, and everything that depends on them. The parser lists the tree's paths and values.
 */
int expr__bind_condition(struct expr_parser *parser, struct expr_node *root,
                         struct expr_bindings *bindings);
/** Fills update->sorted. */
int expr__bind_update(struct expr_parser *parser, struct expr_update *update,
                      struct expr_bindings *bindings);
int expr__bind_projection(struct expr_parser *parser, struct expr_projection *projection,
                          struct expr_bindings *bindings);
/** What is left of the checks for trees whose names and values are known: PartiQL's. */
int expr__check_bound_condition(struct expr_parser *parser, struct expr_node *root);
int expr__check_bound_update(struct expr_parser *parser, struct expr_update *update);
const char *expr__operator_text(enum expr_operator operation);

/* ---- copies ---- */

/** Of one tree. Zeroed but for the first two members. */
struct expr_copy {
    struct arena *arena;
    struct expr_path *paths;               /* the copies, by number; NULL: the tree lends its own */
    struct expr_node *values, *last_value; /* of the copy, in the order of the text */
};
/** The node and all below it. NULL: no memory. */
struct expr_node *expr__node_copy(struct expr_copy *copy, const struct expr_node *node);

/* ---- bindings ---- */

/** The binding of a placeholder, marked as used; NULL when there is none. */
struct expr_binding *expr__binding_find(struct expr_binding *sorted, size_t count,
                                        struct slice placeholder);

/* ---- paths ---- */

/** Resolves #names; writes nothing to a path without one. */
int expr__path_bind(const struct expr_parser *parser, struct expr_path *path,
                    struct expr_bindings *bindings);
bool expr__path_eq(const struct expr_path *a, const struct expr_path *b);
/** Element by element, an index before a name; a path before those below it. */
int expr__path_cmp(const struct expr_path *a, const struct expr_path *b);
int expr__element_cmp(const struct expr_path_element *a, const struct expr_path_element *b);
/** "[a, b, [3]]" in the arena; NULL when memory is exhausted. */
const char *expr__path_print(struct arena *arena, const struct expr_path *path);
/** False when an element is missing or below a value of another type: the operand is undefined. */
bool expr__path_resolve(const struct expr_path *path, struct slice item, struct value *ret_value);
/** Sorts the paths (given in the order of the text), and refuses overlaps and conflicts. */
int expr__paths_sort(const struct expr_parser *parser, const struct expr_path **paths, size_t count,
                     const struct expr_path ***ret_sorted);
int expr__paths_each_attribute(const struct expr_path *paths, expr_attribute_fn visit,
                               void *context);
int expr__check_key_paths(const struct expr_path *paths, const struct expr_key_attribute *keys,
                          size_t key_count, struct expr_error *reterr);

/** KeyConditions with operators that no key range answers. */
int expr__legacy_check_indexable(const struct expr_condition *condition, struct expr_error *reterr);
/* ---- keys ---- */

/** The range that a comparator means for an attribute on its left, or on its right. */
enum expr_range expr__range_of(enum expr_operator operation, bool mirrored);
/** A value that a key attribute is compared with: its type, and that it is not empty. */
int expr__check_key_value(const struct value *value, const struct expr_key_attribute *key,
                          struct expr_error *reterr);
/** No key is as long: the size limits of all partition values, and of all sort values. */
int expr__check_range_size(const struct expr_key_range *range, const struct expr_key *key,
                           struct expr_error *reterr);

/* ---- evaluation ---- */

/** Copies what the paths select; they are sorted and do not overlap. */
int expr__project_paths(const struct expr_path *const *sorted, size_t count, struct slice item,
                        struct arena *arena, struct slice *ret_item);

/* New values for updates, encoded in the arena. 0 or ST_NOMEM. */
int expr__number_value(struct arena *arena, const struct number *number, struct value *ret_value);
/** Both sets of one type. */
int expr__set_union(struct arena *arena, const struct value *a, const struct value *b,
                    struct value *ret_set);
/** What of `a` is not in `b`; may be empty, which must not be stored. */
int expr__set_difference(struct arena *arena, const struct value *a, const struct value *b,
                         struct value *ret_set);
/** The elements of `count` lists, one after the other. */
int expr__list_concat(struct arena *arena, const struct value *lists, size_t count,
                      struct value *ret_list);
/** True when every element of set `a` is in set `b` of the same type. */
bool expr__set_within(const struct value *a, const struct value *b);
/** Levels of nesting; 1 for a scalar or a set. */
size_t expr__value_depth(const struct value *value);

#endif
