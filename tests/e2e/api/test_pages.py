"""Query and Scan: ranges, order, pages, filters, segments, and their refusals word for word.

Sources: dynamodb-operations.md sections 6 and 7, dynamodb-expressions.md section 7.
"""
import pytest

from calls import DYNAMODB, ENVELOPE

TABLE, STRINGS, HASHED = "Pages", "Strings", "Hashed"
START_KEY = "The provided starting key is invalid"


def item(pk, sk, **more):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}, **more}


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    tropic.make_table(TABLE, sort="N")
    tropic.make_table(STRINGS, sort="S")
    tropic.make_table(HASHED)
    for pk in ("a", "b"):
        for sk in range(-5, 5):
            tropic.ok("PutItem", {"TableName": TABLE, "Item": item(pk, sk, v={"N": str(sk % 2)}, w={"S": "x" * 10})})
    for sk in ("", "ab", "abc", "abd", "b"):
        tropic.call("PutItem", {"TableName": STRINGS, "Item": {"pk": {"S": "a"}, "sk": {"S": sk}}})
    for n in range(40):
        tropic.ok("PutItem", {"TableName": HASHED, "Item": {"pk": {"S": f"k{n}"}}})


def query(tropic, condition, values=None, table=TABLE, **more):
    values = {":p": {"S": "a"}, **{k: {"N": str(v)} if isinstance(v, int) else {"S": v} for k, v in (values or {}).items()}}
    return tropic.ok("Query", {"TableName": table, "KeyConditionExpression": condition,
                               "ExpressionAttributeValues": values, **more})


def sort_keys(answer):
    return [int(i["sk"]["N"]) for i in answer["Items"]]


@pytest.mark.parametrize("condition,values,expected", [
    ("pk = :p", {}, list(range(-5, 5))),
    ("pk = :p AND sk = :a", {":a": 3}, [3]),
    ("pk = :p AND sk < :a", {":a": -3}, [-5, -4]),
    ("pk = :p AND sk <= :a", {":a": -3}, [-5, -4, -3]),
    ("sk > :a AND pk = :p", {":a": 2}, [3, 4]),
    ("pk = :p AND :a <= sk", {":a": 2}, [2, 3, 4]),
    ("pk = :p AND sk BETWEEN :a AND :b", {":a": -1, ":b": 1}, [-1, 0, 1]),
    ("pk = :p AND sk = :a", {":a": 77}, []),
])
def test_ranges_in_both_directions(tropic, condition, values, expected):
    assert sort_keys(query(tropic, condition, values)) == expected
    assert sort_keys(query(tropic, condition, values, ScanIndexForward=False)) == expected[::-1]


def test_begins_with(tropic):
    answer = query(tropic, "pk = :p AND begins_with(sk, :a)", {":a": "ab"}, STRINGS)
    assert [i["sk"]["S"] for i in answer["Items"]] == ["ab", "abc", "abd"]


def test_a_page_that_ends_exactly_at_the_limit_gives_a_key(tropic):
    page = query(tropic, "pk = :p", Limit=10)
    assert page["Count"] == 10 and page["LastEvaluatedKey"] == item("a", 4)
    rest = query(tropic, "pk = :p", ExclusiveStartKey=page["LastEvaluatedKey"])
    assert rest == {"Items": [], "Count": 0, "ScannedCount": 0}


@pytest.mark.parametrize("forward", [True, False])
def test_pages_put_together_are_the_whole(tropic, forward):
    seen, start = [], {}
    while True:
        page = query(tropic, "pk = :p", Limit=3, ScanIndexForward=forward, **start)
        seen += sort_keys(page)
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == (list(range(-5, 5)) if forward else list(range(4, -6, -1)))


def test_limit_counts_before_the_filter(tropic):
    page = query(tropic, "pk = :p", {":v": 1}, Limit=4, FilterExpression="v = :v")
    assert (page["Count"], page["ScannedCount"]) == (2, 4)
    assert page["LastEvaluatedKey"] == item("a", -2)


def test_count_has_no_items(tropic):
    assert query(tropic, "pk = :p", Select="COUNT") == {"Count": 10, "ScannedCount": 10}


def test_projected_items(tropic):
    answer = query(tropic, "pk = :p AND sk = :a", {":a": 1}, ProjectionExpression="v, nothing")
    assert answer["Items"] == [{"v": {"N": "1"}}]


def test_capacity_is_of_what_was_evaluated(tropic):
    for number in range(3):
        tropic.ok("PutItem", {"TableName": STRINGS, "Item": {"pk": {"S": "big"}, "sk": {"S": str(number)},
                                                             "v": {"S": "x" * 5000}}})
    request = {"TableName": STRINGS, "KeyConditionExpression": "pk = :p", "ReturnConsumedCapacity": "TOTAL",
               "ExpressionAttributeValues": {":p": {"S": "big"}}}
    assert tropic.ok("Query", {**request, "Select": "COUNT"})["ConsumedCapacity"]["CapacityUnits"] == 2.0
    assert tropic.ok("Query", {**request, "ConsistentRead": True, "FilterExpression": "attribute_exists(q)"})[
        "ConsumedCapacity"]["CapacityUnits"] == 4.0
    assert query(tropic, "pk = :p AND sk = :a", {":a": 99}, ReturnConsumedCapacity="TOTAL")[
        "ConsumedCapacity"]["CapacityUnits"] == 0.5


def test_a_page_ends_at_one_megabyte(tropic):
    for number in range(4):
        tropic.ok("PutItem", {"TableName": STRINGS, "Item": {"pk": {"S": "mega"}, "sk": {"S": str(number)},
                                                             "v": {"S": "x" * 400000}}})
    request = {"TableName": STRINGS, "KeyConditionExpression": "pk = :p", "ProjectionExpression": "sk",
               "ExpressionAttributeValues": {":p": {"S": "mega"}}}
    page = tropic.ok("Query", request)
    assert (page["Count"], page["LastEvaluatedKey"]["sk"]) == (3, {"S": "2"})
    page = tropic.ok("Query", {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]})
    assert page["Count"] == 1 and "LastEvaluatedKey" not in page


def scan_all(tropic, **request):
    seen, start = [], {}
    while True:
        page = tropic.ok("Scan", {"TableName": HASHED, **request, **start})
        seen += [i["pk"]["S"] for i in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return seen
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


ALL = sorted(f"k{n}" for n in range(40))


def test_a_scan_sees_every_item_once(tropic):
    assert sorted(scan_all(tropic)) == ALL
    assert scan_all(tropic, Limit=7) == scan_all(tropic)


@pytest.mark.parametrize("segments", [1, 2, 3, 7, 1000000])
def test_segments_share_the_table(tropic, segments):
    if segments == 1000000:
        assert len(scan_all(tropic, Segment=999999, TotalSegments=segments)) <= 1
        return
    parts = [scan_all(tropic, Segment=s, TotalSegments=segments, Limit=3) for s in range(segments)]
    assert sorted(sum(parts, [])) == ALL


def test_a_start_key_of_another_segment(tropic):
    parts = [scan_all(tropic, Segment=s, TotalSegments=4) for s in range(4)]
    other = next(part[0] for part in parts[1:] if part)
    tropic.refused("Scan", {"TableName": HASHED, "Segment": 0, "TotalSegments": 4,
                            "ExclusiveStartKey": {"pk": {"S": other}}},
                   START_KEY + ": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
                   "TotalSegments: 4 Segment: 0")


def test_a_scan_may_filter_on_keys(tropic):
    answer = tropic.ok("Scan", {"TableName": HASHED, "FilterExpression": "pk = :p",
                                "ExpressionAttributeValues": {":p": {"S": "k7"}}})
    assert (answer["Items"], answer["ScannedCount"]) == ([{"pk": {"S": "k7"}}], 40)


P = {":p": {"S": "a"}}
PQ = {**P, ":a": {"N": "1"}}
QUERY_REFUSED = [
    ({}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    ({"KeyConditionExpression": "pk = :p OR sk = :a", "ExpressionAttributeValues": PQ},
     "Invalid operator used in KeyConditionExpression: OR"),
    ({"KeyConditionExpression": "pk < :p", "ExpressionAttributeValues": P}, "Query key condition not supported"),
    ({"KeyConditionExpression": "sk = :a", "ExpressionAttributeValues": {":a": {"N": "1"}}},
     "Query condition missed key schema element: pk"),
    ({"KeyConditionExpression": "pk = :p AND unkeyed = :a", "ExpressionAttributeValues": PQ},
     "Query condition missed key schema element: sk"),
    ({"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"N": "1"}}},
     "One or more parameter values were invalid: Condition parameter type does not match schema type"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": ""}}},
     "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
     "string value. Key: pk"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": PQ},
     "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": PQ, "FilterExpression": "sk = :a"},
     "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P, "Select": "SPECIFIC_ATTRIBUTES"},
     ENVELOPE + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P, "Select": "COUNT", "ProjectionExpression": "v"},
     ENVELOPE + "Cannot specify the ProjectionExpression when choosing to get only the Count"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P, "Select": "ALL_ATTRIBUTES",
      "ProjectionExpression": "v"},
     ENVELOPE + "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P, "Select": "ALL_PROJECTED_ATTRIBUTES"},
     "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P, "IndexName": "idx"},
     "The table does not have the specified index: idx"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P, "ExclusiveStartKey": {"pk": {"S": "a"}}},
     START_KEY),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P,
      "ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"S": "a"}}}, START_KEY),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P,
      "ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {}}},
     START_KEY + ": Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P,
      "ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "x"}}},
     "The parameter cannot be converted to a numeric value: x"),
    ({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P,
      "ExclusiveStartKey": {"pk": {"S": "z"}, "sk": {"N": "1"}}},
     "The provided starting key is outside query boundaries based on provided conditions"),
    ({"KeyConditionExpression": "pk = :p AND sk > :a", "ExpressionAttributeValues": PQ,
      "ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "0"}}},
     "The provided starting key does not match the range key predicate"),
    ({"KeyConditionExpression": "pk = :p AND sk > :a", "ExpressionAttributeValues": PQ,
      "ExclusiveStartKey": {"pk": {"S": "z"}, "sk": {"N": "2"}}},
     "The query can return at most one row and cannot be restarted"),
    ({"KeyConditions": {}, "KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": P},
     "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: "
     "{KeyConditions} Expression parameters: {KeyConditionExpression}"),
    ({"ExpressionAttributeValues": P},
     "ExpressionAttributeValues can only be specified when using expressions: FilterExpression and "
     "KeyConditionExpression are null"),
]


@pytest.mark.parametrize("number", range(len(QUERY_REFUSED)))
def test_a_query_refused(tropic, number):
    request, message = QUERY_REFUSED[number]
    tropic.refused("Query", {"TableName": TABLE, **request}, message)


SCAN_REFUSED = [
    ({"Segment": 1}, "The TotalSegments parameter is required but was not present in the request when Segment parameter "
     "is present"),
    ({"TotalSegments": 1}, "The Segment parameter is required but was not present in the request when parameter "
     "TotalSegments is present"),
    ({"Segment": 4, "TotalSegments": 4}, "The Segment parameter is zero-based and must be less than parameter "
     "TotalSegments: Segment: 4 is not less than TotalSegments: 4"),
    ({"ExclusiveStartKey": {"pk": {"S": "a"}}},
     START_KEY + ": The provided key element does not match the schema"),
    ({"Select": "SPECIFIC_ATTRIBUTES"},
     "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"),
    ({"IndexName": "idx"}, "The table does not have the specified index: idx"),
    ({"ExpressionAttributeValues": P},
     "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null"),
    ({"FilterExpression": "pk.a = :p", "ExpressionAttributeValues": P},
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"),
]


@pytest.mark.parametrize("number", range(len(SCAN_REFUSED)))
def test_a_scan_refused(tropic, number):
    request, message = SCAN_REFUSED[number]
    tropic.refused("Scan", {"TableName": TABLE, **request}, message)


def test_a_missing_table_comes_after_the_request(tropic):
    tropic.refused("Scan", {"TableName": "Nowhere", "Segment": 1},
                   "The TotalSegments parameter is required but was not present in the request when Segment parameter "
                   "is present")
    tropic.refused("Scan", {"TableName": "Nowhere", "IndexName": "idx"}, "Requested resource not found",
                   DYNAMODB + "ResourceNotFoundException")
