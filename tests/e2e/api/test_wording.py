"""The two dialects of validation errors: the newer one by default, the older one where it is asked for."""
import pytest

from calls import Tropic

ENVELOPE = "1 validation error detected: "

# operation, body, message of the newer dialect, message of the older one
CASES = [
    ("PutItem", {"Item": {"pk": {"S": "a"}, "s": {"SS": []}}},
     ENVELOPE + "One or more parameter values were invalid: An string set  may not be empty",
     "One or more parameter values were invalid: An string set  may not be empty"),
    ("PutItem", {"Item": {"pk": {"S": "a"}}, "ConditionExpression": "a = :x AND", "ExpressionAttributeValues": {":x": {"S": "x"}}},
     ENVELOPE + 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "AND"',
     'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "AND"'),
    ("Query", {"KeyConditionExpression": "pk = :p AND pk = :p", "ExpressionAttributeValues": {":p": {"S": "x"}}},
     "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key",
     "KeyConditionExpressions must only contain one condition per key"),
    ("UpdateItem", {"Key": {"pk": {"S": "a"}}, "UpdateExpression": "ADD a :x", "ExpressionAttributeValues": {":x": {"S": "x"}}},
     ENVELOPE + "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: "
     "STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
     "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING"),
    ("Query", {"KeyConditionExpression": "pk = :p AND size(sk) = :p", "ExpressionAttributeValues": {":p": {"S": "x"}}},
     "Invalid KeyConditionExpression: KeyConditionExpressions cannot contain nested operations",
     "KeyConditionExpressions cannot contain nested operations"),
    ("Query", {"KeyConditions": {}, "Select": "SPECIFIC_ATTRIBUTES"},
     ENVELOPE + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
     "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    # The newer dialect looks at the item's values first, the older one at what may not be mixed.
    ("PutItem", {"Item": {"pk": {"S": "a"}, "s": {"SS": []}}, "Expected": {}, "ConditionExpression": "a"},
     ENVELOPE + "One or more parameter values were invalid: An string set  may not be empty",
     "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {Expected} "
     "Expression parameters: {ConditionExpression}"),
    # A violated constraint of the shape was always counted.
    ("GetItem", {"Key": {"pk": {"S": "a"}}, "ReturnConsumedCapacity": "ALL"},
     *[ENVELOPE + "Value 'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: "
       "[INDEXES, TOTAL, NONE]"] * 2),
]


@pytest.mark.parametrize("dialect", ["newer", "older"])
def test_wording(make_cluster, dialect):
    extra = ["--older-errors"] if dialect == "older" else []
    tropic = Tropic(make_cluster("dev", ["us-east-1"], in_memory=True, extra=extra).endpoint("us-east-1"))
    tropic.make_table("Words")
    for operation, body, newer, older in CASES:
        tropic.refused(operation, {"TableName": "Words", **body}, newer if dialect == "newer" else older)
