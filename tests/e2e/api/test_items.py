"""PutItem, GetItem, UpdateItem, DeleteItem: what they do, and their refusals word for word.

Sources: dynamodb-operations.md sections 1 to 5, dynamodb-values-capacity.md, dynamodb-wire.md section 4.1.
"""
import concurrent.futures

import pytest

from calls import DYNAMODB, ENVELOPE, INVALID

TABLE, RANGED = "Items", "Ranged"


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    tropic.make_table(TABLE)
    tropic.make_table(RANGED, sort="N")


def put(tropic, item, **more):
    return tropic.ok("PutItem", {"TableName": TABLE, "Item": item, **more})


def get(tropic, key, **more):
    return tropic.ok("GetItem", {"TableName": TABLE, "Key": {"pk": {"S": key}}, **more})


ITEM = {
    "pk": {"S": "all"}, "s": {"S": "é𝄞"}, "n": {"N": "-12.50"}, "big": {"N": "1E125"}, "b": {"B": "AAEC"},
    "t": {"BOOL": True}, "f": {"BOOL": False}, "z": {"NULL": True}, "ss": {"SS": ["b", "a"]},
    "ns": {"NS": ["2", "1.0"]}, "bs": {"BS": ["YQ=="]}, "l": {"L": [{"S": ""}, {"L": []}]},
    "m": {"M": {"x": {"M": {}}}}}


def test_every_type_comes_back(tropic):
    put(tropic, ITEM)
    item = get(tropic, "all")["Item"]
    assert item.pop("n") == {"N": "-12.5"}
    assert item.pop("big") == {"N": "1" + "0" * 125}
    assert sorted(item.pop("ss")["SS"]) == ["a", "b"]
    assert sorted(item.pop("ns")["NS"]) == ["1", "2"]
    assert item == {k: v for k, v in ITEM.items() if k not in ("n", "big", "ss", "ns")}


def test_empty_answers_are_empty(tropic):
    assert get(tropic, "missing") == {}
    assert put(tropic, {"pk": {"S": "quiet"}}) == {}
    assert tropic.ok("DeleteItem", {"TableName": TABLE, "Key": {"pk": {"S": "quiet"}}}) == {}
    assert tropic.ok("DeleteItem", {"TableName": TABLE, "Key": {"pk": {"S": "quiet"}}}) == {}


def test_a_table_may_be_named_by_its_arn(tropic):
    arn = tropic.ok("DescribeTable", {"TableName": TABLE})["Table"]["TableArn"]
    put(tropic, {"pk": {"S": "arn"}})
    assert tropic.ok("GetItem", {"TableName": arn, "Key": {"pk": {"S": "arn"}}}) == {"Item": {"pk": {"S": "arn"}}}
    tropic.refused("GetItem", {"TableName": arn.replace("us-east-1", "eu-west-1"), "Key": {"pk": {"S": "arn"}}},
                   "Requested resource not found", DYNAMODB + "ResourceNotFoundException")


def test_put_replaces_and_returns_the_old_item(tropic):
    put(tropic, {"pk": {"S": "r"}, "a": {"N": "1"}, "b": {"N": "2"}})
    answer = put(tropic, {"pk": {"S": "r"}, "a": {"N": "3"}}, ReturnValues="ALL_OLD")
    assert answer == {"Attributes": {"pk": {"S": "r"}, "a": {"N": "1"}, "b": {"N": "2"}}}
    assert get(tropic, "r") == {"Item": {"pk": {"S": "r"}, "a": {"N": "3"}}}
    assert put(tropic, {"pk": {"S": "r2"}}, ReturnValues="ALL_OLD") == {}


def test_a_failed_condition_changes_nothing_and_may_show_the_item(tropic):
    put(tropic, {"pk": {"S": "c"}, "v": {"N": "1"}})
    failed = (400, {"__type": DYNAMODB + "ConditionalCheckFailedException", "message": "The conditional request failed"})
    request = {"TableName": TABLE, "Item": {"pk": {"S": "c"}, "v": {"N": "2"}},
               "ConditionExpression": "attribute_not_exists(pk)"}
    assert tropic.call("PutItem", request) == failed
    shown = tropic.call("PutItem", {**request, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
    assert shown == (400, {**failed[1], "Item": {"pk": {"S": "c"}, "v": {"N": "1"}}})
    missing = {"TableName": TABLE, "Key": {"pk": {"S": "nobody"}}, "ConditionExpression": "attribute_exists(pk)",
               "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    assert tropic.call("DeleteItem", missing) == failed
    assert tropic.call("UpdateItem", missing) == failed
    assert get(tropic, "c")["Item"]["v"] == {"N": "1"}


UPDATES = [
    ("SET a = :n", {"a": {"N": "1"}}, {"a": {"N": "5"}}, {"a": {"N": "1"}}, {"a": {"N": "5"}}),
    ("SET a = b, b = a", {"a": {"N": "1"}, "b": {"N": "2"}}, {"a": {"N": "2"}, "b": {"N": "1"}},
     {"a": {"N": "1"}, "b": {"N": "2"}}, {"a": {"N": "2"}, "b": {"N": "1"}}),
    ("SET m.x = :n", {"m": {"M": {"x": {"N": "1"}, "y": {"N": "2"}}}}, {"m": {"M": {"x": {"N": "5"}, "y": {"N": "2"}}}},
     {"m": {"M": {"x": {"N": "1"}}}}, {"m": {"M": {"x": {"N": "5"}}}}),
    ("SET l[9] = :n", {"l": {"L": [{"N": "1"}]}}, {"l": {"L": [{"N": "1"}, {"N": "5"}]}}, None, {"l": {"L": [{"N": "5"}]}}),
    ("REMOVE a", {"a": {"N": "1"}, "b": {"N": "2"}}, {"b": {"N": "2"}}, {"a": {"N": "1"}}, None),
    ("ADD a :n", {"a": {"N": "1"}}, {"a": {"N": "6"}}, {"a": {"N": "1"}}, {"a": {"N": "6"}}),
    ("ADD a :n", {}, {"a": {"N": "5"}}, None, {"a": {"N": "5"}}),
]


@pytest.mark.parametrize("number", range(len(UPDATES)))
def test_return_values_of_an_update(tropic, number):
    expression, before, after, updated_old, updated_new = UPDATES[number]
    key = {"pk": {"S": f"u{number}"}}
    values = {":n": {"N": "5"}} if ":n" in expression else None
    for mode, expected in (("NONE", None), ("ALL_OLD", {**key, **before}), ("ALL_NEW", {**key, **after}),
                           ("UPDATED_OLD", updated_old), ("UPDATED_NEW", updated_new)):
        put(tropic, {**key, **before})
        request = {"TableName": TABLE, "Key": key, "UpdateExpression": expression, "ReturnValues": mode}
        answer = tropic.ok("UpdateItem", {**request, "ExpressionAttributeValues": values} if values else request)
        assert answer.get("Attributes") == expected, mode
        assert get(tropic, f"u{number}")["Item"] == {**key, **after}


def test_an_update_makes_a_missing_item(tropic):
    key = {"pk": {"S": "made"}}
    assert tropic.ok("UpdateItem", {"TableName": TABLE, "Key": key}) == {}
    assert get(tropic, "made") == {"Item": key}
    answer = tropic.ok("UpdateItem", {"TableName": TABLE, "Key": {"pk": {"S": "made2"}}, "ReturnValues": "ALL_OLD",
                                      "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}})
    assert answer == {}
    assert get(tropic, "made2") == {"Item": {"pk": {"S": "made2"}, "a": {"S": "x"}}}


def test_updates_of_one_item_from_many_clients_are_not_lost(tropic):
    increment = {"TableName": TABLE, "Key": {"pk": {"S": "counter"}}, "UpdateExpression": "ADD n :one",
                 "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "UPDATED_NEW"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: int(tropic.ok("UpdateItem", increment)["Attributes"]["n"]["N"]), range(200)))
    assert sorted(seen) == list(range(1, 201))


def test_of_many_creators_one_wins(tropic):
    request = {"TableName": TABLE, "Item": {"pk": {"S": "first"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: tropic.call("PutItem", request)[0], range(40)))
    assert sorted(statuses) == [200] + [400] * 39


def test_projections(tropic):
    put(tropic, {"pk": {"S": "p"}, "a": {"L": [{"N": str(i)} for i in range(5)]}, "m": {"M": {"x": {"N": "1"}}}})
    assert get(tropic, "p", ProjectionExpression="a[3], a[1], m.x") == {
        "Item": {"a": {"L": [{"N": "1"}, {"N": "3"}]}, "m": {"M": {"x": {"N": "1"}}}}}
    assert get(tropic, "p", ProjectionExpression="nothing") == {"Item": {}}
    assert get(tropic, "p", ProjectionExpression="#k", ExpressionAttributeNames={"#k": "pk"}) == {"Item": {"pk": {"S": "p"}}}


CAPACITY = [
    ("PutItem", {"Item": {"pk": {"S": "k"}, "v": {"S": "x" * 1020}}}, 1.0),
    ("PutItem", {"Item": {"pk": {"S": "k"}, "v": {"S": "x" * 1021}}}, 2.0),
    ("PutItem", {"Item": {"pk": {"S": "k"}}}, 2.0),  # the larger of before and after
    ("GetItem", {"Key": {"pk": {"S": "k"}}}, 0.5),
    ("GetItem", {"Key": {"pk": {"S": "k"}}, "ConsistentRead": True}, 1.0),
    ("GetItem", {"Key": {"pk": {"S": "nobody"}}}, 0.5),
    ("UpdateItem", {"Key": {"pk": {"S": "k"}}, "UpdateExpression": "SET v = :v",
                    "ExpressionAttributeValues": {":v": {"S": "x" * 2046}}}, 3.0),
    ("GetItem", {"Key": {"pk": {"S": "k"}}, "ConsistentRead": True}, 1.0),
    ("DeleteItem", {"Key": {"pk": {"S": "k"}}}, 3.0),
    ("DeleteItem", {"Key": {"pk": {"S": "k"}}}, 1.0),
]


def test_consumed_capacity(tropic):
    tropic.ok("DeleteItem", {"TableName": TABLE, "Key": {"pk": {"S": "k"}}})
    for operation, request, units in CAPACITY:
        answer = tropic.ok(operation, {"TableName": TABLE, **request, "ReturnConsumedCapacity": "INDEXES"})
        assert answer["ConsumedCapacity"] == {"TableName": TABLE, "CapacityUnits": units, "Table": {"CapacityUnits": units}}


def test_collection_metrics_are_absent_without_local_indexes(tropic):
    assert put(tropic, {"pk": {"S": "metrics"}}, ReturnItemCollectionMetrics="SIZE") == {}


K = {"pk": {"S": "a"}}
SK = {"pk": {"S": "a"}, "sk": {"N": "1"}}
KEY_SCHEMA = "The provided key element does not match the schema"
MORE_THAN_ONE = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
EMPTY_VALUE = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
REFUSED = [
    # PutItem: values
    ("PutItem", {"Item": {**K, "a": {}}}, EMPTY_VALUE),
    ("PutItem", {"Item": {**K, "a": {"S": "a", "N": "1"}}}, MORE_THAN_ONE),
    ("PutItem", {"Item": {**K, "a": {"NULL": False}}},
     ENVELOPE + INVALID + "Null attribute value types must have the value of true"),
    ("PutItem", {"Item": {**K, "a": {"SS": []}}}, ENVELOPE + INVALID + "An string set  may not be empty"),
    ("PutItem", {"Item": {**K, "a": {"NS": []}}}, ENVELOPE + INVALID + "An number set  may not be empty"),
    ("PutItem", {"Item": {**K, "a": {"BS": []}}}, ENVELOPE + INVALID + "Binary sets should not be empty"),
    ("PutItem", {"Item": {**K, "a": {"SS": ["a", "a"]}}},
     ENVELOPE + INVALID + "Input collection [a, a] contains duplicates."),
    ("PutItem", {"Item": {**K, "a": {"NS": ["1", "1.0"]}}}, ENVELOPE + "Input collection contains duplicates"),
    ("PutItem", {"Item": {**K, "a": {"BS": ["YQ==", "YQ=="]}}},
     ENVELOPE + INVALID + "Input collection [YQ==, YQ==]of type BS contains duplicates."),
    ("PutItem", {"Item": {**K, "a": {"N": ""}}}, "The parameter cannot be converted to a numeric value"),
    ("PutItem", {"Item": {**K, "a": {"N": "x"}}}, "The parameter cannot be converted to a numeric value: x"),
    ("PutItem", {"Item": {**K, "a": {"N": "1E126"}}},
     "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    ("PutItem", {"Item": {**K, "a": {"N": "1E-131"}}},
     "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    ("PutItem", {"Item": {**K, "a": {"N": "1" * 39}}}, "Attempting to store more than 38 significant digits in a Number"),
    # PutItem: parameters
    ("PutItem", {"Item": K, "ReturnValues": "ALL_NEW"}, ENVELOPE + "ReturnValues can only be ALL_OLD or NONE"),
    ("PutItem", {"Item": K, "Expected": {"a": {"Exists": False}}, "ConditionExpression": "a"},
     ENVELOPE + "Can not use both expression and non-expression parameters in the same request: Non-expression "
     "parameters: {Expected} Expression parameters: {ConditionExpression}"),
    ("PutItem", {"Item": K, "ExpressionAttributeNames": {"#a": "a"}},
     ENVELOPE + "ExpressionAttributeNames can only be specified when using expressions"),
    ("PutItem", {"Item": K, "ExpressionAttributeValues": {":a": {"S": "a"}}},
     ENVELOPE + "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"),
    ("PutItem", {"Item": {**K, "v": {"S": "x" * 409597}}}, "Item size has exceeded the maximum allowed size"),
    ("PutItem", {"Item": K, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "a"}}},
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}"),
    ("PutItem", {"Item": K, "ConditionExpression": "a = :a", "ExpressionAttributeNames": {"#n": "x"},
                 "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "a"}}},
     "Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}"),
    ("PutItem", {"Item": K, "ConditionExpression": ""},
     ENVELOPE + "Invalid ConditionExpression: The expression can not be empty;"),
    ("PutItem", {"Item": K, "ConditionExpression": "a = = b"},
     ENVELOPE + 'Invalid ConditionExpression: Syntax error; token: "=", near: "= = b"'),
    # PutItem: keys
    ("PutItem", {"Item": {"v": {"S": "a"}}}, INVALID + "Missing the key pk in the item"),
    ("PutItem", {"Item": {"pk": {"N": "1"}}}, INVALID + "Type mismatch for key pk expected: S actual: N"),
    ("PutItem", {"Item": {"pk": {"S": ""}}},
     "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
     "string value. Key: pk"),
    ("PutItem", {"Item": {"pk": {"S": "x" * 2049}}},
     INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ("PutItem", {"Item": K, "ConditionExpression": "pk.a = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}},
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"),
    # Key arguments
    ("GetItem", {"Key": {}}, KEY_SCHEMA),
    ("GetItem", {"Key": {"pk": {"N": "1"}}}, KEY_SCHEMA),
    ("GetItem", {"Key": {"other": {"S": "a"}}}, KEY_SCHEMA),
    ("GetItem", {"Key": SK}, KEY_SCHEMA),
    ("GetItem", {"Key": {"pk": {"S": "x" * 2049}}},
     INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ("GetItem", {"Key": {"pk": {}}}, EMPTY_VALUE),
    ("GetItem", {"Key": K, "ProjectionExpression": "a, a"},
     "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these "
     "paths; path one: [a], path two: [a]"),
    ("GetItem", {"Key": K, "ProjectionExpression": "a", "AttributesToGet": ["b"]},
     "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
     "{AttributesToGet} Expression parameters: {ProjectionExpression}"),
    ("GetItem", {"Key": K, "ExpressionAttributeNames": {"#a": "a"}},
     "ExpressionAttributeNames can only be specified when using expressions"),
    ("GetItem", {"Key": K, "ProjectionExpression": "#a", "ExpressionAttributeNames": {}},
     "ExpressionAttributeNames must not be empty"),
    ("DeleteItem", {"Key": K, "ReturnValues": "UPDATED_OLD"}, "ReturnValues can only be ALL_OLD or NONE"),
    ("DeleteItem", {"Key": {"pk": {"SS": ["a", "a"]}}}, INVALID + "Input collection [a, a] contains duplicates."),
    ("DeleteItem", {"Key": SK}, KEY_SCHEMA),
    # UpdateItem
    ("UpdateItem", {"Key": K, "UpdateExpression": "SET pk = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}},
     INVALID + "Cannot update attribute pk. This attribute is part of the key"),
    ("UpdateItem", {"Key": K, "UpdateExpression": "SET pk.a = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}},
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"),
    ("UpdateItem", {"Key": K, "ExpressionAttributeValues": {":a": {"S": "x"}}},
     ENVELOPE + "ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and "
     "ConditionExpression are null"),
    ("UpdateItem", {"Key": K, "UpdateExpression": "SET a = b"},
     "The provided expression refers to an attribute that does not exist in the item"),
    ("UpdateItem", {"Key": K, "UpdateExpression": "SET a.b = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}},
     "The document path provided in the update expression is invalid for update"),
    ("UpdateItem", {"Key": K, "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"N": "x"}}},
     "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for "
     "key :a"),
    ("UpdateItem", {"Key": K, "UpdateExpression": "SET a = :a SET b = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}},
     ENVELOPE + 'Invalid UpdateExpression: The "SET" section can only be used once in an update expression;'),
    ("UpdateItem", {"Key": K, "UpdateExpression": "SET v = :a", "ExpressionAttributeValues": {":a": {"S": "x" * 409600}}},
     "Item size to update has exceeded the maximum allowed size"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=[f"{r[0]}-{i}" for i, r in enumerate(REFUSED)])
def test_refused_in_the_services_words(tropic, number):
    operation, request, message = REFUSED[number]
    tropic.refused(operation, {"TableName": TABLE, **request}, message)


RANGED_REFUSED = [
    ("PutItem", {"Item": K}, INVALID + "Missing the key sk in the item"),
    ("PutItem", {"Item": {**K, "sk": {"S": "a"}}}, INVALID + "Type mismatch for key sk expected: N actual: S"),
    ("GetItem", {"Key": K}, KEY_SCHEMA),
    ("GetItem", {"Key": {**K, "sk": {"S": "a"}}}, KEY_SCHEMA),
    ("UpdateItem", {"Key": SK, "UpdateExpression": "REMOVE sk"},
     INVALID + "Cannot update attribute sk. This attribute is part of the key"),
]


@pytest.mark.parametrize("operation,request_,message", RANGED_REFUSED)
def test_refused_on_a_table_with_a_sort_key(tropic, operation, request_, message):
    tropic.refused(operation, {"TableName": RANGED, **request_}, message)


def test_a_request_is_judged_before_the_table_is_looked_up(tropic):
    missing = DYNAMODB + "ResourceNotFoundException"
    tropic.refused("PutItem", {"TableName": "Nowhere", "Item": {**K, "a": {"SS": []}}},
                   ENVELOPE + INVALID + "An string set  may not be empty")
    tropic.refused("PutItem", {"TableName": "Nowhere", "Item": {"v": {"S": "x" * 409600}}},
                   "Item size has exceeded the maximum allowed size")
    for operation, request in (("PutItem", {"Item": {}}), ("GetItem", {"Key": {}}), ("DeleteItem", {"Key": {}}),
                               ("UpdateItem", {"Key": {}}), ("Scan", {}),
                               ("Query", {"KeyConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}})):
        tropic.refused(operation, {"TableName": "Nowhere", **request}, "Requested resource not found", missing)


def test_items_of_400_kilobytes(tropic):
    item = {"pk": {"S": "large"}, "v": {"S": "x" * (409600 - len("pk" + "large" + "v"))}}
    put(tropic, item)
    assert get(tropic, "large") == {"Item": item}


def test_thirty_two_levels_and_no_more(tropic):
    def nested(levels):
        value = {"S": "leaf"}
        for _ in range(levels - 1):
            value = {"L": [value]}
        return value
    put(tropic, {"pk": {"S": "deep"}, "v": nested(32)})
    assert get(tropic, "deep")["Item"]["v"] == nested(32)
    tropic.refused("PutItem", {"TableName": TABLE, "Item": {"pk": {"S": "deep"}, "v": nested(33)}},
                   "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond "
                   "supported limit")
