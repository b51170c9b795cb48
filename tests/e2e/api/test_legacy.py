"""The parameters of before expressions, in every operation that takes them.

Sources: dynamodb-expressions.md sections 4 and 8, dynamodb-operations.md sections 2 to 8.
"""
import botocore.exceptions
import pytest

from calls import ENVELOPE, INVALID

TABLE, RANGED = "Legacy", "LegacyRanged"
MIXED = ("Can not use both expression and non-expression parameters in the same request: "
         "Non-expression parameters: {%s} Expression parameters: {%s}")


@pytest.fixture(scope="module")
def client(tropic):
    tropic.make_table(TABLE)
    tropic.make_table(RANGED, sort="N")
    client = tropic.client()
    for n in range(6):
        item = {"pk": {"S": "p"}, "sk": {"N": str(n)}, "odd": {"BOOL": n % 2 == 1}, "t": {"S": f"text{n}"}}
        if n > 2:
            item["big"] = {"NULL": True}
        client.put_item(TableName=RANGED, Item=item)
    return client


def key(name):
    return {"pk": {"S": name}}


def fails(call, **parameters):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def condition(operator, *values):
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


P = condition("EQ", {"S": "p"})


def numbers(answer):
    return [int(item["sk"]["N"]) for item in answer["Items"]]


def test_expected_of_put(client):
    client.put_item(TableName=TABLE, Item={**key("put"), "v": {"N": "1"}}, Expected={"pk": {"Exists": False}})
    code, message = fails(client.put_item, TableName=TABLE, Item=key("put"), Expected={"pk": {"Exists": False}})
    assert (code, message) == ("ConditionalCheckFailedException", "The conditional request failed")
    client.put_item(TableName=TABLE, Item={**key("put"), "v": {"N": "2"}}, Expected={"v": {"Value": {"N": "1.0"}}})
    client.put_item(TableName=TABLE, Item={**key("put"), "v": {"N": "3"}}, ConditionalOperator="OR", Expected={
        "v": condition("GT", {"N": "100"}), "w": {"ComparisonOperator": "NULL"}})
    code, _ = fails(client.put_item, TableName=TABLE, Item=key("put"), ConditionalOperator="AND", Expected={
        "v": condition("GT", {"N": "100"}), "w": {"ComparisonOperator": "NULL"}})
    assert code == "ConditionalCheckFailedException"
    assert client.get_item(TableName=TABLE, Key=key("put"))["Item"]["v"] == {"N": "3"}


def test_expected_of_delete(client):
    client.put_item(TableName=TABLE, Item={**key("delete"), "s": {"SS": ["a", "b"]}})
    code, _ = fails(client.delete_item, TableName=TABLE, Key=key("delete"), Expected={
        "s": condition("NOT_CONTAINS", {"S": "a"})})
    assert code == "ConditionalCheckFailedException"
    old = client.delete_item(TableName=TABLE, Key=key("delete"), ReturnValues="ALL_OLD",
                             Expected={"s": condition("CONTAINS", {"S": "a"})})
    assert old["Attributes"]["pk"] == {"S": "delete"}


def test_attribute_updates(client):
    answer = client.update_item(TableName=TABLE, Key=key("update"), ReturnValues="ALL_NEW", AttributeUpdates={
        "n": {"Action": "ADD", "Value": {"N": "2"}}, "s": {"Action": "PUT", "Value": {"SS": ["a", "b"]}},
        "gone": {"Action": "DELETE"}, "l": {"Action": "ADD", "Value": {"L": [{"N": "1"}]}},
        "dots.and[1]": {"Value": {"S": "x"}}})
    assert answer["Attributes"] == {**key("update"), "n": {"N": "2"}, "s": {"SS": ["a", "b"]},
                                    "l": {"L": [{"N": "1"}]}, "dots.and[1]": {"S": "x"}}
    answer = client.update_item(TableName=TABLE, Key=key("update"), ReturnValues="UPDATED_NEW", AttributeUpdates={
        "n": {"Action": "ADD", "Value": {"N": "-5"}}, "s": {"Action": "DELETE", "Value": {"SS": ["b"]}},
        "l": {"Action": "ADD", "Value": {"L": [{"N": "2"}]}}, "dots.and[1]": {"Action": "DELETE"}})
    assert answer["Attributes"] == {"n": {"N": "-3"}, "s": {"SS": ["a"]}, "l": {"L": [{"N": "1"}, {"N": "2"}]}}
    assert fails(client.update_item, TableName=TABLE, Key=key("update"), AttributeUpdates={
        "n": {"Action": "ADD", "Value": {"SS": ["a"]}}}) == (
            "ValidationException", "Type mismatch for attribute to update")
    assert fails(client.update_item, TableName=TABLE, Key=key("update"), AttributeUpdates={
        "pk": {"Value": {"S": "a"}}})[1] == INVALID + "Cannot update attribute pk. This attribute is part of the key"
    code, _ = fails(client.update_item, TableName=TABLE, Key=key("update"),
                    AttributeUpdates={"n": {"Value": {"N": "1"}}}, Expected={"n": condition("NE", {"N": "-3"})})
    assert code == "ConditionalCheckFailedException"


def test_a_delete_of_nothing_makes_the_item(client):
    client.update_item(TableName=TABLE, Key=key("born"), AttributeUpdates={"a": {"Action": "DELETE"}})
    assert client.get_item(TableName=TABLE, Key=key("born"))["Item"] == key("born")


def test_attributes_to_get(client):
    item = client.get_item(TableName=RANGED, Key={**key("p"), "sk": {"N": "1"}}, AttributesToGet=["t", "none", "pk"])
    assert item["Item"] == {"pk": {"S": "p"}, "t": {"S": "text1"}}
    assert client.get_item(TableName=RANGED, Key={**key("p"), "sk": {"N": "1"}}, AttributesToGet=["x"])["Item"] == {}
    answer = client.batch_get_item(RequestItems={RANGED: {
        "Keys": [{**key("p"), "sk": {"N": "2"}}], "AttributesToGet": ["sk"]}})
    assert answer["Responses"][RANGED] == [{"sk": {"N": "2"}}]
    assert fails(client.get_item, TableName=TABLE, Key=key("a"), AttributesToGet=["a", "b", "a"])[1] == (
        INVALID + "Duplicate value in attribute name: a")


def test_key_conditions(client):
    assert numbers(client.query(TableName=RANGED, KeyConditions={"pk": P})) == list(range(6))
    assert numbers(client.query(TableName=RANGED, ScanIndexForward=False, KeyConditions={
        "sk": condition("BETWEEN", {"N": "1"}, {"N": "3"}), "pk": P})) == [3, 2, 1]
    first = client.query(TableName=RANGED, KeyConditions={"pk": P, "sk": condition("GE", {"N": "2"})}, Limit=2)
    rest = client.query(TableName=RANGED, KeyConditions={"pk": P, "sk": condition("GE", {"N": "2"})},
                        ExclusiveStartKey=first["LastEvaluatedKey"])
    assert numbers(first) + numbers(rest) == [2, 3, 4, 5]
    mixed = client.query(TableName=RANGED, KeyConditions={"pk": P}, FilterExpression="odd = :o",
                         ProjectionExpression="sk", ExpressionAttributeValues={":o": {"BOOL": True}})
    assert mixed["Items"] == [{"sk": {"N": n}} for n in "135"]


def test_filters(client):
    def query(**more):
        return numbers(client.query(TableName=RANGED, KeyConditions={"pk": P}, **more))

    assert query(QueryFilter={"odd": condition("EQ", {"BOOL": True})}) == [1, 3, 5]
    assert query(QueryFilter={"big": {"ComparisonOperator": "NULL"}}) == [0, 1, 2]
    assert query(QueryFilter={"big": {"ComparisonOperator": "NOT_NULL"}}) == [3, 4, 5]
    assert query(QueryFilter={"big": condition("NE", {"S": "x"})}) == [0, 1, 2, 3, 4, 5]
    assert query(ConditionalOperator="OR", QueryFilter={
        "t": condition("BEGINS_WITH", {"S": "text5"}), "big": {"ComparisonOperator": "NULL"}}) == [0, 1, 2, 5]
    answer = client.scan(TableName=RANGED, AttributesToGet=["sk"], ScanFilter={
        "t": condition("IN", {"S": "text1"}, {"S": "text4"}), "pk": P})
    assert (numbers(answer), answer["ScannedCount"]) == ([1, 4], 6)


REFUSED = [
    ("PutItem", {"Item": key("x"), "ConditionalOperator": "AND"},
     "ConditionalOperator cannot be used without Filter or Expected"),
    ("PutItem", {"Item": key("x"), "ConditionalOperator": "AND", "Expected": {"a": {"Exists": False}}},
     "ConditionalOperator can only be used when Filter or Expected has two or more elements"),
    ("PutItem", {"Item": key("x"), "Expected": {"a": {}}, "ConditionExpression": "a = :a"},
     ENVELOPE + MIXED % ("Expected", "ConditionExpression")),
    ("PutItem", {"Item": key("x"), "Expected": {"a": {}}},
     INVALID + "Value must be provided when Exists is null for Attribute: a"),
    ("PutItem", {"Item": key("x"), "Expected": {"a": {"Value": {"SS": []}}}},
     ENVELOPE + INVALID + "An string set  may not be empty"),
    ("PutItem", {"Item": key("x"), "Expected": {"a": {"ComparisonOperator": "LIKE"}}},
     ENVELOPE + "Value 'LIKE' at 'expected.a.member.comparisonOperator' failed to satisfy constraint: Member must "
     "satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, "
     "CONTAINS]"),
    ("DeleteItem", {"Key": key("x"), "Expected": {"a": condition("LT", {"BOOL": True})}},
     INVALID + "ComparisonOperator LT is not valid for BOOL AttributeValue type"),
    ("UpdateItem", {"Key": key("x"), "AttributeUpdates": {"a": {"Action": "ADD", "Value": {"S": "a"}}}},
     INVALID + "ADD action is not supported for the type S"),
    ("UpdateItem", {"Key": key("x"), "AttributeUpdates": {"a": {}}, "Expected": {"a": {}}},
     INVALID + "Only DELETE action is allowed when no attribute value is specified"),
    ("UpdateItem", {"Key": key("x"), "AttributeUpdates": {}, "ConditionalOperator": "OR", "UpdateExpression": "SET a=:a"},
     ENVELOPE + MIXED % ("AttributeUpdates, ConditionalOperator", "UpdateExpression")),
    ("GetItem", {"Key": key("x"), "AttributesToGet": []},
     ENVELOPE + "Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length greater than "
     "or equal to 1"),
    ("GetItem", {"Key": key("x"), "AttributesToGet": ["a"], "ProjectionExpression": "a"},
     MIXED % ("AttributesToGet", "ProjectionExpression")),
    ("Query", {"KeyConditions": {}}, "Conditions can be of length 1 or 2 only"),
    ("Query", {"KeyConditions": {"a": P, "b": P, "c": P}}, "Conditions can be of length 1 or 2 only"),
    ("Query", {"KeyConditions": {"pk": {"ComparisonOperator": "EQ"}}},
     INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
    ("Query", {"KeyConditions": {"pk": condition("IN", {"S": "a"})}},
     "Attempted conditional constraint is not an indexable operation"),
    ("Query", {"KeyConditions": {"pk": P}, "KeyConditionExpression": "pk = :p"},
     MIXED % ("KeyConditions", "KeyConditionExpression")),
    ("Query", {"KeyConditions": {"pk": P}, "QueryFilter": {"pk": P}},
     "QueryFilter can only contain non-primary key attributes: Primary key attribute: pk"),
    ("Query", {"KeyConditions": {"pk": P}, "QueryFilter": {"a": P}, "AttributesToGet": ["a"], "FilterExpression": "a = :a"},
     MIXED % ("AttributesToGet, QueryFilter", "FilterExpression")),
    ("Query", {"KeyConditions": {"pk": P}, "Select": "COUNT", "AttributesToGet": ["a"]},
     ENVELOPE + "Cannot specify the AttributesToGet when choosing to get only the Count"),
    ("Query", {"QueryFilter": {"a": {"ComparisonOperator": "EQ"}}, "AttributesToGet": ["a", "a"]},
     INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
    ("Query", {"AttributesToGet": ["a", "a"]}, INVALID + "Duplicate value in attribute name: a"),
    ("Scan", {"ScanFilter": {"a": {"ComparisonOperator": "EQ"}}, "AttributesToGet": ["a", "a"]},
     INVALID + "Duplicate value in attribute name: a"),
    ("Scan", {"ScanFilter": {"a": condition("BETWEEN", {"N": "2"}, {"N": "1"})}},
     "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"),
    ("Scan", {"ConditionalOperator": "OR"}, "ConditionalOperator cannot be used without Filter or Expected"),
    ("Scan", {"ScanFilter": {"a": {"AttributeValueList": []}}},
     ENVELOPE + "Value null at 'scanFilter.a.member.comparisonOperator' failed to satisfy constraint: Member must not "
     "be null"),
]


@pytest.mark.parametrize("operation,parameters,message", REFUSED)
def test_refusals(tropic, client, operation, parameters, message):
    tropic.refused(operation, {"TableName": TABLE, **parameters}, message)


def test_more_names_than_may_be_asked_for(tropic):
    names = [f"a{n}" for n in range(256)]
    status, answer = tropic.call("GetItem", {"TableName": TABLE, "Key": key("x"), "AttributesToGet": names})
    assert status == 400
    assert answer["message"].endswith("Member must have length less than or equal to 255")
