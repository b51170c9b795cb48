/*
 * expressions.c - see expressions.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/expressions.h"

#include "api/text_cache.h"
#include "expr/legacy.h"

static bool has(const struct input *input, uint8_t member)
{
    return member != EXPRESSIONS_NONE && input_has(input, member);
}

/* "{AttributesToGet, QueryFilter}": the members that are present. */
static char *list_present(struct call *call, const struct input *input, const uint8_t *members,
                          uint8_t except)
{
    char *text = arena_str(call->arena, SLICE(""));

    for (; text != NULL && *members != EXPRESSIONS_NONE; members++)
        if (*members != except && input_has(input, *members))
            text = arena_printf(call->arena, "%s%s%s", text, *text != '\0' ? ", " : "",
                                input->shape->members[*members].name);
    return text;
}

/* The envelope is put in front of all of these on the operations that have it. */
static const char *envelope(const struct call *call)
{
    return call->operation->envelope ? MESSAGE_ENVELOPE : "";
}

static int check_mixing(struct call *call, const struct input *input,
                        const struct expression_rules *rules)
{
    uint8_t except = has(input, rules->key_condition) ? EXPRESSIONS_NONE : rules->key_conditions;
    char *legacy = list_present(call, input, rules->legacy, except);
    char *listed = list_present(call, input, rules->listed, EXPRESSIONS_NONE);

    if (legacy == NULL || listed == NULL)
        return ST_NOMEM;
    if (*legacy == '\0' || *listed == '\0')
        return 0;
    return api_refuse(&call->error, API_VALIDATION,
                      "%sCan not use both expression and non-expression parameters in the same "
                      "request: Non-expression parameters: {%s} Expression parameters: {%s}",
                      envelope(call), legacy, listed);
}

int expressions_check(struct call *call, const struct input *input,
                      const struct expression_rules *rules)
{
    bool values_used = has(input, rules->update) || has(input, rules->condition) ||
                       has(input, rules->key_condition) || has(input, rules->filter);
    bool any_legacy = false;
    int rc;

    for (const uint8_t *member = rules->legacy; *member != EXPRESSIONS_NONE; member++)
        any_legacy = any_legacy || input_has(input, *member);
    if (any_legacy) {
        rc = check_mixing(call, input, rules);
        if (rc < 0)
            return rc;
    }
    if (has(input, rules->names) && !values_used && !has(input, rules->projection))
        return api_refuse(&call->error, API_VALIDATION,
                          "%sExpressionAttributeNames can only be specified when using expressions",
                          envelope(call));
    if (has(input, rules->values) && !values_used)
        return api_refuse(&call->error, API_VALIDATION,
                          "%sExpressionAttributeValues can only be specified when using "
                          "expressions: %s",
                          envelope(call), rules->values_alone);
    return 0;
}

/* ---- legacy parameters ---- */

/* ConditionalOperator: goes with two conditions at least. */
static int read_conditional_operator(struct call *call, const struct input *input,
                                     const struct expression_rules *rules, bool *ret_any)
{
    uint8_t member = has(input, rules->expected) ? rules->expected : rules->filter_conditions;

    *ret_any = false;
    if (!has(input, rules->conditional_operator))
        return 0;
    *ret_any = slice_eq_str(input_string(input, rules->conditional_operator), "OR");
    if (!has(input, member))
        return api_refuse(&call->error, API_VALIDATION,
                          "ConditionalOperator cannot be used without Filter or Expected");
    if (json_count(input_json(input, member)) < 2)
        return api_refuse(&call->error, API_VALIDATION,
                          "ConditionalOperator can only be used when Filter or Expected has two or "
                          "more elements");
    return 0;
}

static int read_conditions(struct call *call, const struct input *input,
                           const struct expression_rules *rules, struct expressions *expressions)
{
    struct expr_error error;
    bool any;
    int rc = read_conditional_operator(call, input, rules, &any);

    if (rc < 0)
        return rc;
    if (has(input, rules->expected))
        rc = expr_legacy_conditions(call->arena, EXPR_LEGACY_EXPECTED,
                                    input_json(input, rules->expected), any,
                                    &expressions->condition, &error);
    if (has(input, rules->filter_conditions))
        rc = expr_legacy_conditions(call->arena, EXPR_LEGACY_FILTER,
                                    input_json(input, rules->filter_conditions), any,
                                    &expressions->filter, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}

static int read_attributes_to_get(struct call *call, const struct input *input,
                                  const struct expression_rules *rules,
                                  struct expressions *expressions)
{
    struct expr_error error;
    int rc;

    if (!has(input, rules->attributes_to_get))
        return 0;
    rc = expr_legacy_projection(call->arena, input_json(input, rules->attributes_to_get),
                                &expressions->projection, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}

int expressions_read_legacy(struct call *call, const struct input *input,
                            const struct expression_rules *rules,
                            struct expressions *ret_expressions)
{
    struct expr_error error;
    int rc = 0;

    *ret_expressions = (struct expressions){.update = NULL};
    if (has(input, rules->attribute_updates)) {
        rc = expr_legacy_updates(call->arena, input_json(input, rules->attribute_updates),
                                 &ret_expressions->update, &error);
        if (rc < 0)
            return call_refuse_expression(call, rc, &error);
    }
    if (rules->attributes_first)
        rc = read_attributes_to_get(call, input, rules, ret_expressions);
    if (rc == 0)
        rc = read_conditions(call, input, rules, ret_expressions);
    if (rc == 0 && !rules->attributes_first)
        rc = read_attributes_to_get(call, input, rules, ret_expressions);
    return rc;
}

int expressions_read_key_conditions(struct call *call, const struct input *input,
                                    const struct expression_rules *rules,
                                    struct expressions *expressions)
{
    struct expr_error error;
    int rc;

    if (!has(input, rules->key_conditions))
        return 0;
    rc = expr_legacy_conditions(call->arena, EXPR_LEGACY_KEY_CONDITIONS,
                                input_json(input, rules->key_conditions), false,
                                &expressions->key_condition, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}

/* ---- expressions ---- */

/* Each of these is one expression from its text to its bound form. */

static int parse_update(struct call *call, struct slice text, struct expressions *expressions,
                        struct expr_error *reterr)
{
    const struct expr_text *compiled;
    int rc = text_cache_expression(call, EXPR_UPDATE, text, &compiled, reterr);

    return rc < 0 ? rc
                  : expr_update_bind(compiled, call->arena, &expressions->bindings,
                                     &expressions->update, reterr);
}

static int parse_condition(struct call *call, enum expr_kind kind, struct slice text,
                           struct expr_bindings *bindings, struct expr_condition **ret_condition,
                           struct expr_error *reterr)
{
    const struct expr_text *compiled;
    int rc = text_cache_expression(call, kind, text, &compiled, reterr);

    return rc < 0 ? rc
                  : expr_condition_bind(compiled, call->arena, bindings, ret_condition, reterr);
}

static int parse_projection(struct call *call, struct slice text, struct expressions *expressions,
                            struct expr_error *reterr)
{
    const struct expr_text *compiled;
    int rc = text_cache_expression(call, EXPR_PROJECTION, text, &compiled, reterr);

    return rc < 0 ? rc
                  : expr_projection_bind(compiled, call->arena, &expressions->bindings,
                                         &expressions->projection, reterr);
}

int expressions_parse(struct call *call, const struct input *input,
                      const struct expression_rules *rules, struct expressions *expressions)
{
    struct expr_bindings *bindings = &expressions->bindings;
    struct json names, values;
    struct expr_error error;
    int rc = 0;

    if (has(input, rules->names))
        names = input_json(input, rules->names);
    if (has(input, rules->values))
        values = input_json(input, rules->values);
    if (has(input, rules->names) || has(input, rules->values))
        rc = expr_bindings_read(call->arena, has(input, rules->names) ? &names : NULL,
                                has(input, rules->values) ? &values : NULL, bindings, &error);
    if (rc == 0 && has(input, rules->update))
        rc = parse_update(call, input_string(input, rules->update), expressions, &error);
    if (rc == 0 && has(input, rules->condition))
        rc = parse_condition(call, EXPR_CONDITION, input_string(input, rules->condition), bindings,
                             &expressions->condition, &error);
    if (rc == 0 && has(input, rules->key_condition))
        rc = parse_condition(call, EXPR_KEY_CONDITION, input_string(input, rules->key_condition),
                             bindings, &expressions->key_condition, &error);
    if (rc == 0 && has(input, rules->filter))
        rc = parse_condition(call, EXPR_FILTER, input_string(input, rules->filter), bindings,
                             &expressions->filter, &error);
    if (rc == 0 && has(input, rules->projection))
        rc = parse_projection(call, input_string(input, rules->projection), expressions, &error);
    if (rc == 0)
        rc = expr_bindings_check_unused(bindings, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}
