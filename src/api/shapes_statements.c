/*
 * shapes_statements.c - inputs of the operations on PartiQL statements.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes_priv.h"
#include "expr/partiql.h"

static const struct shape shape_statement = {.kind = SHAPE_STRING,
                                             .bounded_below = true,
                                             .min = 1,
                                             .bounded_above = true,
                                             .max = PARTIQL_STATEMENT_CHARACTERS_MAX};
static const struct shape shape_parameters = {
    .kind = SHAPE_LIST, .element = &shape_attribute_value, .bounded_below = true, .min = 1};
static const struct shape shape_next_token = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 1, .bounded_above = true, .max = 32768};

static const struct shape_member execute_statement_members[] = {
    [EXECUTE_STATEMENT_STATEMENT] = REQUIRED("Statement", shape_statement),
    [EXECUTE_STATEMENT_PARAMETERS] = MEMBER("Parameters", shape_parameters),
    [EXECUTE_STATEMENT_CONSISTENT_READ] = MEMBER("ConsistentRead", shape_boolean),
    [EXECUTE_STATEMENT_NEXT_TOKEN] = MEMBER("NextToken", shape_next_token),
    [EXECUTE_STATEMENT_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
    [EXECUTE_STATEMENT_LIMIT] = MEMBER("Limit", shape_positive_integer),
    [EXECUTE_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE] =
        MEMBER("ReturnValuesOnConditionCheckFailure", shape_return_values_on_failure),
};
const struct shape shape_execute_statement_input =
    STRUCTURE("ExecuteStatementInput", execute_statement_members);

static const struct shape_member batch_statement_request_members[] = {
    [BATCH_STATEMENT_STATEMENT] = REQUIRED("Statement", shape_statement),
    [BATCH_STATEMENT_PARAMETERS] = MEMBER("Parameters", shape_parameters),
    [BATCH_STATEMENT_CONSISTENT_READ] = MEMBER("ConsistentRead", shape_boolean),
    [BATCH_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE] =
        MEMBER("ReturnValuesOnConditionCheckFailure", shape_return_values_on_failure),
};
const struct shape shape_batch_statement_request =
    STRUCTURE("BatchStatementRequest", batch_statement_request_members);
static const struct shape shape_batch_statements = {.kind = SHAPE_LIST,
                                                    .element = &shape_batch_statement_request,
                                                    .bounded_below = true,
                                                    .min = 1,
                                                    .bounded_above = true,
                                                    .max = 25};
static const struct shape_member batch_execute_statement_members[] = {
    [BATCH_EXECUTE_STATEMENT_STATEMENTS] = REQUIRED("Statements", shape_batch_statements),
    [BATCH_EXECUTE_STATEMENT_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
};
const struct shape shape_batch_execute_statement_input =
    STRUCTURE("BatchExecuteStatementInput", batch_execute_statement_members);

static const struct shape_member parameterized_statement_members[] = {
    [PARAMETERIZED_STATEMENT_STATEMENT] = REQUIRED("Statement", shape_statement),
    [PARAMETERIZED_STATEMENT_PARAMETERS] = MEMBER("Parameters", shape_parameters),
    [PARAMETERIZED_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE] =
        MEMBER("ReturnValuesOnConditionCheckFailure", shape_return_values_on_failure),
};
const struct shape shape_parameterized_statement =
    STRUCTURE("ParameterizedStatement", parameterized_statement_members);
static const struct shape shape_transact_statements = {.kind = SHAPE_LIST,
                                                       .element = &shape_parameterized_statement,
                                                       .bounded_below = true,
                                                       .min = 1,
                                                       .bounded_above = true,
                                                       .max = 100};
static const struct shape shape_client_request_token = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 1, .bounded_above = true, .max = 36};
static const struct shape_member execute_transaction_members[] = {
    [EXECUTE_TRANSACTION_TRANSACT_STATEMENTS] =
        REQUIRED("TransactStatements", shape_transact_statements),
    [EXECUTE_TRANSACTION_CLIENT_REQUEST_TOKEN] =
        MEMBER("ClientRequestToken", shape_client_request_token),
    [EXECUTE_TRANSACTION_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
};
const struct shape shape_execute_transaction_input =
    STRUCTURE("ExecuteTransactionInput", execute_transaction_members);
