/*
 * static_checks.c - everything that is wrong with an expression before an item is seen.
 *
 * When several things are wrong, the order here decides what the client reads:
 *
 *   conditions   redundant parentheses, unknown function, misused function, reserved word; then per
 *                comparison or function, in the order of the text: undefined name or value, number
 *                of operands, equal operands, types of operands
 *   updates      redundant parentheses, reserved word, unknown or misused function, section used
 *                twice; then undefined name, undefined value, overlapping paths, conflicting paths,
 *                type of ADD and DELETE operands, number and types of functions' operands
 *   projections  reserved word; then undefined name, overlapping paths, conflicting paths
 *
 * What stands before "then" depends on the text alone and is checked when that is compiled, the
 * rest for each request: so the order is the same whether or not the text was compiled before.
 *
 * The count of operators comes first of all; the limits of one path come with reserved words, the
 * count of IN's operands with the number of operands: their places are not known from the service.
 *
 * Source: dynamodb-expressions.md §3 and §5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

static const struct {
    const char *name;
    unsigned operands;
    bool update;  /* may stand in an update, else in conditions */
    bool boolean; /* a condition, not an operand */
} functions[] = {
    [FUNCTION_ATTRIBUTE_EXISTS] = {"attribute_exists", 1, false, true},
    [FUNCTION_ATTRIBUTE_NOT_EXISTS] = {"attribute_not_exists", 1, false, true},
    [FUNCTION_ATTRIBUTE_TYPE] = {"attribute_type", 2, false, true},
    [FUNCTION_BEGINS_WITH] = {"begins_with", 2, false, true},
    [FUNCTION_CONTAINS] = {"contains", 2, false, true},
    [FUNCTION_SIZE] = {"size", 1, false, false},
    [FUNCTION_IF_NOT_EXISTS] = {"if_not_exists", 2, true, false},
    [FUNCTION_LIST_APPEND] = {"list_append", 2, true, false},
};

const char *expr__operator_text(enum expr_operator operation)
{
    static const char *const texts[] = {
        [OPERATOR_EQ] = "=",   [OPERATOR_NE] = "<>",
        [OPERATOR_LT] = "<",   [OPERATOR_LE] = "<=",
        [OPERATOR_GT] = ">",   [OPERATOR_GE] = ">=",
        [OPERATOR_IN] = "IN",  [OPERATOR_BETWEEN] = "BETWEEN",
        [OPERATOR_PLUS] = "+", [OPERATOR_MINUS] = "-",
    };

    return texts[operation];
}

static const char *node_name(const struct expr_node *node)
{
    return node->kind == NODE_CALL ? functions[node->function].name
                                   : expr__operator_text(node->operation);
}

/* ---- whole expression ---- */

static int check_shape(const struct expr_parser *parser)
{
    if (parser->operators > EXPR_OPERATORS_MAX)
        return expr__invalid(parser,
                             "The expression contains too many operators; "
                             "operator count: %u",
                             parser->operators);
    if (parser->redundant_parentheses)
        return expr__invalid(parser, "The expression has redundant parentheses;");
    return 0;
}

static int check_functions(const struct expr_parser *parser)
{
    bool update = parser->kind == EXPR_UPDATE;

    for (const struct expr_node *call = parser->calls; call != NULL; call = call->next_listed)
        if (call->function == FUNCTION_UNKNOWN)
            return expr__invalid(parser, "Invalid function name; function: %.*s",
                                 SLICE_ARGS(call->text));
    for (const struct expr_node *call = parser->calls; call != NULL; call = call->next_listed) {
        if (functions[call->function].update != update)
            return expr__invalid(parser,
                                 "The function is not allowed in %s expression; function: %s",
                                 update ? "an update" : "a condition", node_name(call));
        if (functions[call->function].boolean == call->operand)
            return expr__invalid(parser,
                                 "The function is not allowed to be used this way in an "
                                 "expression; function: %s",
                                 node_name(call));
    }
    return 0;
}

static int check_paths(const struct expr_parser *parser)
{
    for (const struct expr_path *path = parser->paths; path != NULL; path = path->next)
        for (size_t i = 0; i < path->count; i++)
            if (!path->elements[i].is_index && expr__word_is_reserved(path->elements[i].text))
                return expr__invalid(parser,
                                     "Attribute name is a reserved keyword; "
                                     "reserved keyword: %.*s",
                                     SLICE_ARGS(path->elements[i].text));
    for (const struct expr_path *path = parser->paths; path != NULL; path = path->next) {
        if (path->count > EXPR_PATH_DEPTH_MAX)
            return expr__invalid(parser,
                                 "The document path has too many nesting levels; "
                                 "nesting levels: %zu",
                                 path->count);
        for (size_t i = 0; i < path->count; i++)
            if (path->elements[i].is_index && path->elements[i].index > EXPR_LIST_INDEX_MAX)
                return expr__invalid(parser,
                                     "List index is not within the allowable range; "
                                     "index: [%.*s]",
                                     SLICE_ARGS(path->elements[i].text));
    }
    return 0;
}

int expr__check_text(const struct expr_parser *parser)
{
    bool update = parser->kind == EXPR_UPDATE;
    int rc = check_shape(parser);

    if (rc == 0)
        rc = update ? check_paths(parser) : check_functions(parser);
    if (rc == 0)
        rc = update ? check_functions(parser) : check_paths(parser);
    if (rc == 0 && parser->repeated != NULL)
        rc = expr__invalid(parser,
                           "The \"%s\" section can only be used once in an update "
                           "expression;",
                           parser->repeated);
    return rc;
}

/* ---- names and values ---- */

static int bind_value(const struct expr_parser *parser, struct expr_node *node,
                      struct expr_bindings *bindings)
{
    struct expr_binding *binding =
        expr__binding_find(bindings->values, bindings->value_count, node->text);

    if (binding == NULL)
        return expr__invalid(parser,
                             "An expression attribute value used in expression is not "
                             "defined; attribute value: %.*s",
                             SLICE_ARGS(node->text));
    node->value = value_of(binding->target);
    return 0;
}

/* ---- one comparison or function ---- */

static int bind_operands(const struct expr_parser *parser, struct expr_node *node,
                         struct expr_bindings *bindings)
{
    int rc = 0;

    if (node->kind == NODE_PATH)
        return expr__path_bind(parser, node->path, bindings);
    if (node->kind == NODE_VALUE)
        return bind_value(parser, node, bindings);
    for (struct expr_node *child = node->children; child != NULL && rc == 0; child = child->sibling)
        rc = bind_operands(parser, child, bindings);
    return rc;
}

static int check_count(const struct expr_parser *parser, const struct expr_node *node)
{
    int rc = 0;

    for (const struct expr_node *child = node->children; child != NULL && rc == 0;
         child = child->sibling)
        rc = check_count(parser, child);
    if (rc < 0)
        return rc;
    if (node->kind == NODE_CALL && node->child_count != functions[node->function].operands)
        return expr__invalid(parser,
                             "Incorrect number of operands for operator or function; "
                             "operator or function: %s, number of operands: %zu",
                             node_name(node), node->child_count);
    if (node->kind == NODE_OPERATOR && node->operation == OPERATOR_IN &&
        node->child_count - 1 > EXPR_IN_OPERANDS_MAX)
        return expr__invalid(parser,
                             "The IN operator is provided with too many operands; "
                             "number of operands: %zu",
                             node->child_count - 1);
    return 0;
}

static int check_distinct(const struct expr_parser *parser, const struct expr_node *node)
{
    const struct expr_node *first = node->children;
    const char *path;

    if (first->kind != NODE_PATH)
        return 0;
    for (const struct expr_node *other = first->sibling; other != NULL; other = other->sibling) {
        if (other->kind != NODE_PATH || !expr__path_eq(first->path, other->path))
            continue;
        path = expr__path_print(parser->arena, first->path);
        if (path == NULL)
            return ST_NOMEM;
        return expr__invalid(parser,
                             "The first operand must be distinct from the remaining operands "
                             "for this operator or function; operator: %s, "
                             "first operand: %s",
                             node_name(node), path);
    }
    return 0;
}

/** The type that an operand has whatever the item is; 0 when the item decides. */
static enum value_type static_type(const struct expr_node *node)
{
    if (node->kind == NODE_VALUE)
        return node->value.type;
    if (node->kind == NODE_OPERATOR) /* + and - */
        return VALUE_N;
    if (node->kind == NODE_CALL && node->function == FUNCTION_SIZE)
        return VALUE_N;
    if (node->kind == NODE_CALL && node->function == FUNCTION_LIST_APPEND)
        return VALUE_L;
    return 0;
}

#define ORDERED_TYPES (BIT(VALUE_S) | BIT(VALUE_N) | BIT(VALUE_B))
#define UNSIZED_TYPES (BIT(VALUE_N) | BIT(VALUE_TRUE) | BIT(VALUE_FALSE) | BIT(VALUE_NULL))
#define ANY_TYPE (~0u)

/** `allowed` is a set of BIT(type); an operand whose type the item decides passes. */
static int check_type(const struct expr_parser *parser, const struct expr_node *node,
                      const struct expr_node *operand, unsigned allowed)
{
    enum value_type type = static_type(operand);

    if (type == 0 || (BIT(type) & allowed))
        return 0;
    return expr__invalid(parser,
                         "Incorrect operand type for operator or function; "
                         "operator or function: %s, operand type: %s",
                         node_name(node), value_type_name(type));
}

static int check_types_of_all(const struct expr_parser *parser, const struct expr_node *node,
                              unsigned allowed)
{
    int rc = 0;

    for (const struct expr_node *child = node->children; child != NULL && rc == 0;
         child = child->sibling)
        rc = check_type(parser, node, child, allowed);
    return rc;
}

static int check_needs_path(const struct expr_parser *parser, const struct expr_node *call)
{
    if (call->children->kind == NODE_PATH)
        return 0;
    return expr__invalid(parser,
                         "Operator or function requires a document path; "
                         "operator or function: %s",
                         node_name(call));
}

static int check_attribute_type(const struct expr_parser *parser, const struct expr_node *call)
{
    static const char *const names[] = {"B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"};
    const struct expr_node *type = call->children->sibling;

    if (type->kind == NODE_PATH)
        return expr__invalid(parser, "Incorrect operand type for operator or function; operator or "
                                     "function: attribute_type, "
                                     "operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
    if (static_type(type) != VALUE_S)
        return check_type(parser, call, type, BIT(VALUE_S));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_eq_str(type->value.payload, names[i]))
            return 0;
    return expr__invalid(parser,
                         "Invalid attribute type name found; type: %.*s, "
                         "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
                         SLICE_ARGS(type->value.payload));
}

static int refuse_bounds(const struct expr_parser *parser, const char *rule,
                         const struct value *low, const struct value *high)
{
    struct buf low_text = BUF_EMPTY, high_text = BUF_EMPTY;
    int rc = ST_NOMEM;

    value_print(&low_text, low);
    value_print(&high_text, high);
    if (!buf_failed(&low_text) && !buf_failed(&high_text))
        rc = expr__invalid(parser,
                           "The BETWEEN operator requires %s; "
                           "lower bound operand: AttributeValue: %.*s, "
                           "upper bound operand: AttributeValue: %.*s",
                           rule, SLICE_ARGS(buf_slice(&low_text)),
                           SLICE_ARGS(buf_slice(&high_text)));
    buf_release(&low_text);
    buf_release(&high_text);
    return rc;
}

static int check_between(const struct expr_parser *parser, const struct expr_node *node)
{
    const struct expr_node *low = node->children->sibling, *high = low->sibling;
    int rc = check_types_of_all(parser, node, ORDERED_TYPES);

    if (rc < 0 || low->kind != NODE_VALUE || high->kind != NODE_VALUE)
        return rc;
    if (low->value.type != high->value.type)
        return refuse_bounds(parser, "same data type for lower and upper bounds", &low->value,
                             &high->value);
    if (value_cmp(&low->value, &high->value) > 0)
        return refuse_bounds(parser, "upper bound to be greater than or equal to lower bound",
                             &low->value, &high->value);
    return 0;
}

static int check_operator_types(const struct expr_parser *parser, const struct expr_node *node)
{
    switch (node->operation) {
    case OPERATOR_LT:
    case OPERATOR_LE:
    case OPERATOR_GT:
    case OPERATOR_GE:
        return check_types_of_all(parser, node, ORDERED_TYPES);
    case OPERATOR_BETWEEN:
        return check_between(parser, node);
    case OPERATOR_PLUS:
    case OPERATOR_MINUS:
        return check_types_of_all(parser, node, BIT(VALUE_N));
    case OPERATOR_EQ:
    case OPERATOR_NE:
    case OPERATOR_IN:
        break;
    }
    return 0;
}

static int check_call_types(const struct expr_parser *parser, const struct expr_node *call)
{
    switch (call->function) {
    case FUNCTION_ATTRIBUTE_EXISTS:
    case FUNCTION_ATTRIBUTE_NOT_EXISTS:
    case FUNCTION_IF_NOT_EXISTS:
        return check_needs_path(parser, call);
    case FUNCTION_ATTRIBUTE_TYPE:
        return check_attribute_type(parser, call);
    case FUNCTION_BEGINS_WITH:
        return check_types_of_all(parser, call, BIT(VALUE_S) | BIT(VALUE_B));
    case FUNCTION_SIZE:
        return check_types_of_all(parser, call, ANY_TYPE & ~UNSIZED_TYPES);
    case FUNCTION_LIST_APPEND:
        return check_types_of_all(parser, call, BIT(VALUE_L));
    case FUNCTION_CONTAINS:
    case FUNCTION_UNKNOWN:
        break;
    }
    return 0;
}

/** Inner functions first. */
static int check_types(const struct expr_parser *parser, const struct expr_node *node)
{
    int rc = 0;

    for (const struct expr_node *child = node->children; child != NULL && rc == 0;
         child = child->sibling)
        rc = check_types(parser, child);
    if (rc < 0)
        return rc;
    if (node->kind == NODE_OPERATOR)
        return check_operator_types(parser, node);
    if (node->kind == NODE_CALL)
        return check_call_types(parser, node);
    return 0;
}

/* ---- conditions ---- */

static int check_comparison(const struct expr_parser *parser, struct expr_node *node,
                            struct expr_bindings *bindings)
{
    int rc = bindings != NULL ? bind_operands(parser, node, bindings) : 0;

    if (rc == 0)
        rc = check_count(parser, node);
    if (rc == 0)
        rc = check_distinct(parser, node);
    if (rc == 0)
        rc = check_types(parser, node);
    return rc;
}

static int check_comparisons(const struct expr_parser *parser, struct expr_node *node,
                             struct expr_bindings *bindings)
{
    int rc = 0;

    if (node->kind == NODE_OPERATOR || node->kind == NODE_CALL)
        return check_comparison(parser, node, bindings);
    for (struct expr_node *child = node->children; child != NULL && rc == 0; child = child->sibling)
        rc = check_comparisons(parser, child, bindings);
    return rc;
}

int expr__bind_condition(struct expr_parser *parser, struct expr_node *root,
                         struct expr_bindings *bindings)
{
    return check_comparisons(parser, root, bindings);
}

int expr__check_bound_condition(struct expr_parser *parser, struct expr_node *root)
{
    int rc = check_shape(parser);

    return rc < 0 ? rc : check_comparisons(parser, root, NULL);
}

/* ---- updates ---- */

static int bind_all(const struct expr_parser *parser, struct expr_bindings *bindings)
{
    int rc = 0;

    for (struct expr_path *path = parser->paths; path != NULL && rc == 0; path = path->next)
        rc = expr__path_bind(parser, path, bindings);
    for (struct expr_node *value = parser->values; value != NULL && rc == 0;
         value = value->next_listed)
        rc = bind_value(parser, value, bindings);
    return rc;
}

static int sort_targets(const struct expr_parser *parser, struct expr_update *update)
{
    const struct expr_path **targets =
        ARENA_ARRAY(parser->arena, const struct expr_path *, update->action_count);
    size_t count = 0;

    if (targets == NULL)
        return ST_NOMEM;
    for (const struct expr_action *action = update->actions; action != NULL; action = action->next)
        targets[count++] = action->target;
    return expr__paths_sort(parser, targets, count, &update->sorted);
}

/** ADD and DELETE name types in words of their own. */
static int check_action_type(const struct expr_parser *parser, const struct expr_action *action)
{
    static const char *const words[] = {
        [VALUE_S] = "STRING",     [VALUE_N] = "NUMBER",      [VALUE_B] = "BINARY",
        [VALUE_TRUE] = "BOOLEAN", [VALUE_FALSE] = "BOOLEAN", [VALUE_NULL] = "NULL",
        [VALUE_L] = "LIST",       [VALUE_M] = "MAP",
    };
    enum value_type type = action->value->value.type;
    bool set = type == VALUE_SS || type == VALUE_NS || type == VALUE_BS;

    if (set || (action->kind == ACTION_ADD && type == VALUE_N))
        return 0;
    return expr__invalid(parser,
                         "Incorrect operand type for operator or function; operator: %s, "
                         "operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND",
                         action->kind == ACTION_ADD ? "ADD" : "DELETE", words[type],
                         action->kind == ACTION_ADD ? "ADD" : "DELETE");
}

static int check_call(const struct expr_parser *parser, const struct expr_node *node)
{
    int rc = 0;

    for (const struct expr_node *child = node->children; child != NULL && rc == 0;
         child = child->sibling)
        rc = check_call(parser, child);
    if (rc == 0 && node->kind == NODE_CALL &&
        node->child_count != functions[node->function].operands)
        return check_count(parser, node);
    if (rc == 0 && node->kind == NODE_CALL)
        return check_call_types(parser, node);
    if (rc == 0 && node->kind == NODE_OPERATOR)
        return check_operator_types(parser, node);
    return rc;
}

static int check_actions(const struct expr_parser *parser, const struct expr_update *update)
{
    int rc = 0;

    for (const struct expr_action *action = update->actions; action != NULL && rc == 0;
         action = action->next)
        if (action->kind == ACTION_ADD || action->kind == ACTION_DELETE)
            rc = check_action_type(parser, action);
    for (const struct expr_action *action = update->actions; action != NULL && rc == 0;
         action = action->next)
        if (action->kind == ACTION_SET)
            rc = check_call(parser, action->value);
    return rc;
}

int expr__bind_update(struct expr_parser *parser, struct expr_update *update,
                      struct expr_bindings *bindings)
{
    int rc = bind_all(parser, bindings);

    if (rc == 0)
        rc = sort_targets(parser, update);
    if (rc == 0)
        rc = check_actions(parser, update);
    return rc;
}

int expr__check_bound_update(struct expr_parser *parser, struct expr_update *update)
{
    int rc = check_shape(parser);

    if (rc == 0)
        rc = sort_targets(parser, update);
    if (rc == 0)
        rc = check_actions(parser, update);
    return rc;
}

/* ---- projections ---- */

int expr__bind_projection(struct expr_parser *parser, struct expr_projection *projection,
                          struct expr_bindings *bindings)
{
    const struct expr_path **paths =
        ARENA_ARRAY(parser->arena, const struct expr_path *, parser->path_count);
    size_t count = 0;
    int rc;

    if (paths == NULL)
        return ST_NOMEM;
    rc = bind_all(parser, bindings);
    if (rc < 0)
        return rc;
    for (const struct expr_path *path = parser->paths; path != NULL; path = path->next)
        paths[count++] = path;
    projection->paths = parser->paths;
    projection->count = count;
    return expr__paths_sort(parser, paths, count, &projection->sorted);
}
