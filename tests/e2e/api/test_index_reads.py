"""Query and Scan of secondary indexes: conditions, order, pages, Select, projections, refusals word for word.

Sources: dynamodb-operations.md sections 6 and 7, dynamodb-partiql-vector.md section 2.
"""
import pytest

from calls import ENVELOPE, INVALID

TABLE, WIDE, PAGED = "IndexReads", "WideKeys", "PagedIndexes"
START_KEY = "The provided starting key is invalid"


def key(*names, hashes=1):
    return [{"AttributeName": n, "KeyType": "HASH" if i < hashes else "RANGE"} for i, n in enumerate(names)]


def definitions(names):
    return [{"AttributeName": n.split(":")[0], "AttributeType": (n.split(":") + ["S"])[1]} for n in names.split()]


def index(name, names, kind, hashes=1, include=()):
    projection = {"ProjectionType": kind, **({"NonKeyAttributes": list(include)} if include else {})}
    return {"IndexName": name, "KeySchema": key(*names.split(), hashes=hashes), "Projection": projection}


def item(pk, sk, **more):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)},
            **{k: {"N": str(v)} if isinstance(v, int) else {"S": v} for k, v in more.items()}}


def put(tropic, table, new):
    tropic.ok("PutItem", {"TableName": table, "Item": new})


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    tropic.ok("CreateTable", {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key("pk", "sk"),
        "AttributeDefinitions": definitions("pk sk:N l g h:N"),
        "LocalSecondaryIndexes": [index("l-all", "pk l", "ALL"), index("l-keys", "pk l", "KEYS_ONLY"),
                                  index("l-some", "pk l", "INCLUDE", include=["a"])],
        "GlobalSecondaryIndexes": [index("g-all", "g h", "ALL"), index("g-keys", "g", "KEYS_ONLY"),
                                   index("g-some", "g h", "INCLUDE", include=["a"])]})
    for n in range(6):
        put(tropic, TABLE, item("p", n, l=f"l{5 - n}", g="even" if n % 2 == 0 else "odd", h=n // 2, a=f"a{n}", b=f"b{n}"))
    put(tropic, TABLE, item("p", 6, a="in no index"))
    put(tropic, TABLE, item("q", 0, g="even", a="only in g-keys"))
    tropic.ok("CreateTable", {
        "TableName": WIDE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key("pk"),
        "AttributeDefinitions": definitions("pk t:S r:N x:N y:S z:B"),
        "GlobalSecondaryIndexes": [index("wide", "t r x y z", "ALL", hashes=2)]})
    for x in range(3):
        for y in ("", "a", "a\0", "b"):
            put(tropic, WIDE, {"pk": {"S": f"{x}{y}"}, "t": {"S": "t"}, "r": {"N": "7"}, "x": {"N": str(x - 1)},
                               **({"y": {"S": y}} if y else {}), "z": {"B": "AA=="}})


def query(tropic, name, condition, values=None, table=TABLE, **more):
    values = {k: {"N": str(v)} if isinstance(v, int) else {"S": v} for k, v in (values or {}).items()}
    return tropic.ok("Query", {"TableName": table, "IndexName": name, "KeyConditionExpression": condition,
                               "ExpressionAttributeValues": values, **more})


def sort_keys(answer):
    return [int(i["sk"]["N"]) for i in answer["Items"]]


@pytest.mark.parametrize("name,condition,values,expected", [
    ("l-all", "pk = :p", {":p": "p"}, [5, 4, 3, 2, 1, 0]),
    ("l-keys", "pk = :p AND l < :l", {":p": "p", ":l": "l2"}, [5, 4]),
    ("l-some", "pk = :p AND begins_with(l, :l)", {":p": "p", ":l": "l"}, [5, 4, 3, 2, 1, 0]),
    ("g-all", "g = :g", {":g": "even"}, [0, 2, 4]),
    ("g-all", "g = :g AND h BETWEEN :a AND :b", {":g": "odd", ":a": 1, ":b": 2}, [3, 5]),
    ("g-all", "g = :g AND h = :a", {":g": "odd", ":a": 7}, []),
    ("g-some", "h >= :a AND g = :g", {":g": "even", ":a": 1}, [2, 4]),
])
def test_ranges_in_both_directions(tropic, name, condition, values, expected):
    assert sort_keys(query(tropic, name, condition, values)) == expected
    assert sort_keys(query(tropic, name, condition, values, ScanIndexForward=False)) == expected[::-1]


def test_an_index_without_sort_key_orders_by_the_table_s(tropic):
    found = query(tropic, "g-keys", "g = :g", {":g": "even"})["Items"]
    assert sorted((i["pk"]["S"], i["sk"]["N"]) for i in found) == [("p", "0"), ("p", "2"), ("p", "4"), ("q", "0")]
    again = query(tropic, "g-keys", "g = :g", {":g": "even"}, ScanIndexForward=False)["Items"]
    assert again == found[::-1]


@pytest.mark.parametrize("name,attributes", [
    ("l-all", {"pk", "sk", "l", "g", "h", "a", "b"}), ("l-keys", {"pk", "sk", "l"}), ("l-some", {"pk", "sk", "l", "a"}),
    ("g-all", {"pk", "sk", "l", "g", "h", "a", "b"}), ("g-keys", {"pk", "sk", "g"}), ("g-some", {"pk", "sk", "g", "h", "a"}),
])
def test_projections(tropic, name, attributes):
    for answer in (tropic.ok("Scan", {"TableName": TABLE, "IndexName": name}),
                   tropic.ok("Scan", {"TableName": TABLE, "IndexName": name, "Select": "ALL_PROJECTED_ATTRIBUTES"})):
        of_p = [set(i) for i in answer["Items"] if i["pk"]["S"] == "p"]
        assert len(of_p) == 6 and all(names == attributes for names in of_p)


def test_a_local_index_fetches_from_the_table(tropic):
    everything = query(tropic, "l-keys", "pk = :p AND l = :l", {":p": "p", ":l": "l5"}, Select="ALL_ATTRIBUTES",
                       ReturnConsumedCapacity="TOTAL", ConsistentRead=True)
    assert everything["Items"] == [item("p", 0, l="l5", g="even", h=0, a="a0", b="b0")]
    assert everything["ConsumedCapacity"]["CapacityUnits"] == 2.0
    some = query(tropic, "l-some", "pk = :p AND l >= :l", {":p": "p", ":l": "l4"}, ProjectionExpression="b, l",
                 ReturnConsumedCapacity="TOTAL")
    assert some["Items"] == [{"b": {"S": "b1"}, "l": {"S": "l4"}}, {"b": {"S": "b0"}, "l": {"S": "l5"}}]
    assert some["ConsumedCapacity"]["CapacityUnits"] == 1.5
    held = query(tropic, "l-some", "pk = :p AND l >= :l", {":p": "p", ":l": "l4"}, ProjectionExpression="a",
                 ReturnConsumedCapacity="TOTAL")
    assert held["ConsumedCapacity"]["CapacityUnits"] == 0.5


def test_counting_an_index(tropic):
    assert query(tropic, "g-all", "g = :g", {":g": "odd"}, Select="COUNT") == {"Count": 3, "ScannedCount": 3}
    assert tropic.ok("Scan", {"TableName": TABLE, "IndexName": "g-keys", "Select": "COUNT"})["Count"] == 7


def test_a_filter_sees_what_is_projected(tropic):
    scan = {"TableName": TABLE, "IndexName": "g-keys", "ExpressionAttributeValues": {":a": {"S": "a0"}}}
    assert tropic.ok("Scan", {**scan, "FilterExpression": "a = :a"})["Count"] == 0
    assert tropic.ok("Scan", {**scan, "FilterExpression": "attribute_not_exists(a) AND g <> :a"})["Count"] == 7
    answer = query(tropic, "g-some", "g = :g", {":g": "even", ":a": "a2"}, FilterExpression="a = :a AND sk > :a OR a = :a")
    assert (sort_keys(answer), answer["ScannedCount"]) == ([2], 3)


# ---- keys of several attributes ----

T = "t = :t AND r = :r"
TR = {":t": "t", ":r": 7}


@pytest.mark.parametrize("more,values,expected", [
    ("", {}, ["0a", "0a\0", "0b", "1a", "1a\0", "1b", "2a", "2a\0", "2b"]),
    (" AND x > :x", {":x": -1}, ["1a", "1a\0", "1b", "2a", "2a\0", "2b"]),
    (" AND x = :x AND y > :y", {":x": 0, ":y": "a"}, ["1a\0", "1b"]),
    (" AND x = :x AND begins_with(y, :y)", {":x": 0, ":y": "a"}, ["1a", "1a\0"]),
    (" AND x = :x AND y = :y", {":x": 1, ":y": "a"}, ["2a"]),
    (" AND y BETWEEN :y AND :z AND x = :x", {":x": 1, ":y": "a", ":z": "a\0"}, ["2a", "2a\0"]),
])
def test_conditions_on_several_attributes(tropic, more, values, expected):
    def found(**options):
        return [i["pk"]["S"] for i in query(tropic, "wide", T + more, {**TR, **values}, WIDE, **options)["Items"]]
    assert found() == expected
    assert found(ScanIndexForward=False) == expected[::-1]
    seen, start = [], {}
    while True:
        page = query(tropic, "wide", T + more, {**TR, **values}, WIDE, Limit=2, **start)
        seen += [i["pk"]["S"] for i in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        assert set(page["LastEvaluatedKey"]) == {"pk", "t", "r", "x", "y", "z"}
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == expected


@pytest.mark.parametrize("condition,values,message", [
    ("t = :t", {":t": "t"}, "Query condition missed key schema element: r"),
    ("t = :t AND r > :r", TR, "Query key condition not supported"),
    (T + " AND y = :y", {**TR, ":y": "a"}, "Query condition missed key schema element: x"),
    (T + " AND x > :x AND y = :y", {**TR, ":x": 1, ":y": "a"}, "Query key condition not supported"),
    (T + " AND x = :t", TR, INVALID + "Condition parameter type does not match schema type"),
])
def test_conditions_with_gaps(tropic, condition, values, message):
    tropic.refused("Query", {"TableName": WIDE, "IndexName": "wide", "KeyConditionExpression": condition,
                             "ExpressionAttributeValues": {k: {"N": str(v)} if isinstance(v, int) else {"S": v}
                                                           for k, v in values.items()}}, message)


def test_legacy_conditions_on_several_attributes(tropic):
    def equal(value):
        return {"ComparisonOperator": "EQ", "AttributeValueList": [value]}
    answer = tropic.ok("Query", {"TableName": WIDE, "IndexName": "wide", "KeyConditions": {
        "t": equal({"S": "t"}), "r": equal({"N": "7"}), "x": equal({"N": "0"}),
        "y": {"ComparisonOperator": "GE", "AttributeValueList": [{"S": "b"}]}}})
    assert [i["pk"]["S"] for i in answer["Items"]] == ["1b"]


# ---- pages ----

@pytest.fixture(scope="module")
def paged(tropic):
    tropic.ok("CreateTable", {
        "TableName": PAGED, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key("pk"),
        "AttributeDefinitions": definitions("pk g t r:N"),
        "GlobalSecondaryIndexes": [index("one", "g", "KEYS_ONLY"), index("two", "t r", "ALL", hashes=2)]})
    for n in range(60):
        put(tropic, PAGED, {"pk": {"S": f"k{n:02}"}, "g": {"S": f"g{n % 7}"}, "t": {"S": "t"}, "r": {"N": str(n)}})


def scan_all(tropic, name, **request):
    seen, start = [], {}
    while True:
        page = tropic.ok("Scan", {"TableName": PAGED, "IndexName": name, **request, **start})
        seen += [i["pk"]["S"] for i in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return seen
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_scan_sees_every_entry_once(tropic, paged, name):
    everything = [f"k{n:02}" for n in range(60)]
    assert sorted(scan_all(tropic, name)) == everything
    assert scan_all(tropic, name, Limit=7) == scan_all(tropic, name)
    for segments in (2, 5):
        parts = [scan_all(tropic, name, Segment=s, TotalSegments=segments, Limit=3) for s in range(segments)]
        assert sorted(sum(parts, [])) == everything and (name == "one" or all(parts))


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_start_key_of_another_segment(tropic, paged, name):
    pages = [tropic.ok("Scan", {"TableName": PAGED, "IndexName": name, "Segment": s, "TotalSegments": 4, "Limit": 1})
             for s in range(4)]
    other = next(p["LastEvaluatedKey"] for p in pages[1:] if "LastEvaluatedKey" in p)
    tropic.refused("Scan", {"TableName": PAGED, "IndexName": name, "Segment": 0, "TotalSegments": 4,
                            "ExclusiveStartKey": other},
                   START_KEY + ": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
                   "TotalSegments: 4 Segment: 0")


def test_a_page_goes_on_where_its_entry_was(tropic, paged):
    page = query(tropic, "one", "g = :g", {":g": "g3"}, PAGED, Limit=3)
    last = page["LastEvaluatedKey"]
    assert set(last) == {"pk", "g"}
    rest = query(tropic, "one", "g = :g", {":g": "g3"}, PAGED, ExclusiveStartKey=last)["Items"]
    tropic.ok("DeleteItem", {"TableName": PAGED, "Key": {"pk": last["pk"]}})
    assert query(tropic, "one", "g = :g", {":g": "g3"}, PAGED, ExclusiveStartKey=last)["Items"] == rest
    put(tropic, PAGED, {"pk": last["pk"], "g": {"S": "g3"}, "t": {"S": "t"}, "r": {"N": last["pk"]["S"][1:]}})


def test_a_page_ends_at_one_megabyte_of_projected_bytes(tropic):
    tropic.ok("CreateTable", {
        "TableName": "IndexMega", "BillingMode": "PAY_PER_REQUEST", "KeySchema": key("pk"),
        "AttributeDefinitions": definitions("pk g"),
        "GlobalSecondaryIndexes": [index("all", "g", "ALL"), index("keys", "g", "KEYS_ONLY")]})
    for n in range(4):
        put(tropic, "IndexMega", {"pk": {"S": str(n)}, "g": {"S": "g"}, "v": {"S": "x" * 400000}})
    page = query(tropic, "all", "g = :g", {":g": "g"}, "IndexMega", Select="COUNT")
    assert (page["Count"], page["LastEvaluatedKey"]) == (3, {"pk": {"S": "2"}, "g": {"S": "g"}})
    assert query(tropic, "keys", "g = :g", {":g": "g"}, "IndexMega", Select="COUNT") == {"Count": 4, "ScannedCount": 4}


# ---- refusals ----

G = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "even"}}}
P = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}
START = {"pk": {"S": "p"}, "sk": {"N": "0"}, "g": {"S": "even"}, "h": {"N": "0"}}
GH = {"KeyConditionExpression": "g = :g AND h > :h", "ExpressionAttributeValues": {":g": {"S": "even"}, ":h": {"N": "1"}}}


def without(name):
    return {k: v for k, v in START.items() if k != name}


QUERY_REFUSED = [
    ({"IndexName": "none", **G}, "The table does not have the specified index: none"),
    ({"IndexName": "g-all", **G, "ConsistentRead": True},
     "Consistent reads are not supported on global secondary indexes"),
    ({"IndexName": "g-all", **P}, "Query condition missed key schema element: g"),
    ({"IndexName": "l-all", **G}, "Query condition missed key schema element: pk"),
    ({"IndexName": "g-keys", **GH}, "Query key condition not supported"),
    ({"IndexName": "g-keys", **G, "Select": "ALL_ATTRIBUTES"},
     INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index g-keys because its projection type "
     "is not ALL"),
    ({"IndexName": "g-some", **G, "ProjectionExpression": "a, b.c, sk, c"},
     INVALID + "Global secondary index g-some does not project [b, c]"),
    ({"IndexName": "g-some", **G, "FilterExpression": "b = :g OR a = :g OR c = :g"},
     INVALID + "Secondary index g-some does not project one or more filter attributes: [b, c]"),
    ({"IndexName": "g-all", **G, "FilterExpression": "h = :g"},
     "Filter Expression can only contain non-primary key attributes: Primary key attribute: h"),
    ({"IndexName": "g-all", **G, "FilterExpression": "h.x = :g"},
     "Filter Expression can only contain non-primary key attributes: Primary key attribute: h"),
    ({"IndexName": "g-all", **G, "FilterExpression": "l.x = :g"},
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: l"),
    ({"IndexName": "g-all", **G, "ProjectionExpression": "sk[0]"},
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: sk"),
    ({"IndexName": "g-all", **G, "Select": "COUNT", "ProjectionExpression": "a"},
     ENVELOPE + "Cannot specify the ProjectionExpression when choosing to get only the Count"),
    ({"IndexName": "g-all", **G, "Select": "ALL_PROJECTED_ATTRIBUTES", "ProjectionExpression": "a"},
     ENVELOPE + "Cannot specify the ProjectionExpression when choosing to get ALL_PROJECTED_ATTRIBUTES"),
    ({"IndexName": "g-all", **G, "ExclusiveStartKey": without("h")}, START_KEY),
    ({"IndexName": "g-all", **G, "ExclusiveStartKey": without("sk")}, START_KEY),
    ({"IndexName": "g-all", **G, "ExclusiveStartKey": {**START, "a": {"S": "a"}}}, START_KEY),
    ({"IndexName": "g-all", **G, "ExclusiveStartKey": {**START, "h": {"S": "0"}}}, START_KEY),
    ({"IndexName": "g-all", **G, "ExclusiveStartKey": {**START, "sk": {"S": "0"}}}, START_KEY),
    ({"IndexName": "g-all", **G, "ExclusiveStartKey": {**START, "g": {"S": "odd"}}},
     "The provided starting key is outside query boundaries based on provided conditions"),
    ({"IndexName": "g-all", **GH, "ExclusiveStartKey": START},
     "The provided starting key does not match the range key predicate"),
    ({"IndexName": "g-all", **GH, "ExclusiveStartKey": {**START, "h": {"N": "2"}, "g": {"S": "odd"}}},
     "The query can return at most one row and cannot be restarted"),
]


@pytest.mark.parametrize("number", range(len(QUERY_REFUSED)))
def test_a_query_refused(tropic, number):
    request, message = QUERY_REFUSED[number]
    tropic.refused("Query", {"TableName": TABLE, **request}, message)


SCAN_REFUSED = [
    ({"IndexName": "none"}, "The table does not have the specified index: none"),
    ({"IndexName": "g-all", "ConsistentRead": True}, "Consistent reads are not supported on global secondary indexes"),
    ({"IndexName": "g-keys", "Select": "ALL_ATTRIBUTES"},
     INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index g-keys because its projection type "
     "is not ALL"),
    ({"IndexName": "g-keys", "ProjectionExpression": "h"}, INVALID + "Global secondary index g-keys does not project [h]"),
    ({"IndexName": "g-all", "ExclusiveStartKey": without("h")}, START_KEY),
    ({"IndexName": "g-all", "ExclusiveStartKey": {**START, "h": {"S": "0"}}}, START_KEY),
]


@pytest.mark.parametrize("number", range(len(SCAN_REFUSED)))
def test_a_scan_refused(tropic, number):
    request, message = SCAN_REFUSED[number]
    tropic.refused("Scan", {"TableName": TABLE, **request}, message)
