"""PartiQL: SELECT from "table"."index".

Sources: dynamodb-partiql-vector.md sections 1 and 2; Developer Guide, ql-reference.select.
"""
import pytest

from calls import INVALID

TABLE = "Orders"


def key(*names):
    kinds = ["HASH"] * len(names[0]) + ["RANGE"] * len(names[1])
    return [{"AttributeName": n, "KeyType": k} for n, k in zip(list(names[0]) + list(names[1]), kinds)]


@pytest.fixture(scope="module", autouse=True)
def table(tropic):
    types = {"pk": "S", "sk": "N", "city": "S", "zip": "N", "due": "N", "who": "S"}
    tropic.ok("CreateTable", {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key(["pk"], ["sk"]),
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in types.items()],
        "LocalSecondaryIndexes": [
            {"IndexName": "ByDue", "KeySchema": key(["pk"], ["due"]), "Projection": {"ProjectionType": "KEYS_ONLY"}}],
        "GlobalSecondaryIndexes": [
            {"IndexName": "ByCity", "KeySchema": key(["city"], ["due"]),
             "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}},
            {"IndexName": "ByPlace", "KeySchema": key(["city", "zip"], ["who", "due"]),
             "Projection": {"ProjectionType": "ALL"}}]})
    for partition in "ab":
        for n in range(6):
            item = {"pk": {"S": partition}, "sk": {"N": str(n)}, "due": {"N": str(100 - n)},
                    "city": {"S": "Ulm" if n % 2 else "Bonn"}, "zip": {"N": str(n % 3)}, "who": {"S": "xy"[n // 3]},
                    "note": {"S": f"note {n}"}, "more": {"S": "m" * n}}
            if n == 5:
                del item["city"]
            tropic.ok("PutItem", {"TableName": TABLE, "Item": item})


def run(tropic, statement, *parameters, **more):
    return tropic.ok("ExecuteStatement", {"Statement": statement, **({"Parameters": parameters} if parameters else {}),
                                          **more})


def keys(items):
    return [item["pk"]["S"] + item["sk"]["N"] for item in items]


@pytest.mark.parametrize("rest,expected", [
    ("ByDue\" WHERE pk = 'a'", "a5 a4 a3 a2 a1 a0"),
    ("ByDue\" WHERE pk = 'a' AND due > 97 ORDER BY due DESC", "a0 a1 a2"),
    ("ByDue\" WHERE pk IN ['b', 'a'] AND due BETWEEN 95 AND 96", "b5 b4 a5 a4"),
    ("ByCity\" WHERE city = 'Ulm' AND due = 97", "a3 b3"),
    ("ByCity\" WHERE city = 'Ulm' AND due IN [99, 97] AND note = 'note 1'", "a1 b1"),
    ("ByCity\" WHERE city = 'Ulm' AND pk = 'a'", "a3 a1"),
    ("ByPlace\" WHERE city = 'Bonn' AND zip = 0", "a0 b0"),
    ("ByPlace\" WHERE city = 'Bonn' AND zip IN [1, 2] AND who = 'y' AND due >= 96", "a4 b4"),
    ("ByPlace\" WHERE city = 'Ulm' AND zip = 1 AND begins_with(who, 'x') AND more = 'm'", "a1 b1"),
])
def test_reads(tropic, rest, expected):
    found = keys(run(tropic, f"SELECT * FROM \"{TABLE}\".\"{rest}")["Items"])
    if "ByDue" in rest:
        assert found == expected.split()
    else: # items of one index key have no order among them
        assert sorted(found) == sorted(expected.split())


def test_items_without_a_key_are_not_there(tropic):
    assert len(run(tropic, "SELECT * FROM Orders.ByCity")["Items"]) == 10
    assert len(run(tropic, "SELECT * FROM Orders.ByCity WHERE due < 97")["Items"]) == 2


def test_what_is_projected(tropic):
    assert run(tropic, "SELECT * FROM Orders.ByDue WHERE pk = 'a' AND due = 100")["Items"] == [
        {"pk": {"S": "a"}, "sk": {"N": "0"}, "due": {"N": "100"}}]
    assert run(tropic, "SELECT note, more FROM Orders.ByDue WHERE pk = 'a' AND due = 98")["Items"] == [
        {"note": {"S": "note 2"}, "more": {"S": "mm"}}]
    assert run(tropic, "SELECT note FROM Orders.ByCity WHERE city = 'Bonn' AND due = 98 AND pk = 'b'")["Items"] == [
        {"note": {"S": "note 2"}}]


@pytest.mark.parametrize("rest,limit", [
    ("ByDue WHERE pk = 'a'", 4), ("ByDue WHERE pk IN ['a', 'b'] ORDER BY pk DESC, due DESC", 5), ("ByCity", 3),
    ("ByCity WHERE city IN ['Ulm', 'Bonn']", 3), ("ByPlace WHERE city = 'Bonn' AND zip IN [0, 1, 2]", 1), ("ByPlace", 1),
])
def test_pages(tropic, rest, limit):
    whole = keys(run(tropic, f"SELECT * FROM Orders.{rest}")["Items"])
    found, token = [], {}
    while True:
        answer = run(tropic, f"SELECT * FROM Orders.{rest}", Limit=limit, **token)
        found += keys(answer["Items"])
        assert len(answer["Items"]) <= limit
        if "NextToken" not in answer:
            break
        assert set(answer["LastEvaluatedKey"]) >= {"pk", "sk", "due"}
        token = {"NextToken": answer["NextToken"]}
    assert len(found) == len(set(found)) and found[:len(whole)] == whole and len(found) >= len(whole)


def test_refusals(tropic):
    def refused(statement, message, **more):
        tropic.refused("ExecuteStatement", {"Statement": statement, **more}, message)
    refused("SELECT * FROM Orders.Nothing", "The table does not have the specified index")
    refused("SELECT * FROM Orders.ByCity", "Strongly consistent read is not supported on Global Secondary Indexes",
            ConsistentRead=True)
    run(tropic, "SELECT * FROM Orders.ByDue WHERE pk = 'a'", ConsistentRead=True)
    refused("SELECT more, note, \"other\" FROM Orders.ByCity",
            INVALID + "Global secondary index ByCity does not project [more, other]")
    refused("SELECT note FROM Orders.ByCity WHERE city = 'Ulm' AND more = 'm'",
            INVALID + "Secondary index ByCity does not project one or more filter attributes: [more]")
    refused("SELECT * FROM Orders.ByDue WHERE pk = 'a' AND more = 'm'",
            INVALID + "Secondary index ByDue does not project one or more filter attributes: [more]")
    refused("SELECT * FROM Orders.ByCity WHERE city = 7",
            INVALID + "Condition parameter type does not match schema type")
    refused("SELECT * FROM Orders.ByCity WHERE city = 'Ulm' ORDER BY sk",
            "Variable reference sk in ORDER BY clause must be part of the primary key")
    refused("UPDATE Orders SET city = 5 WHERE pk = 'a' AND sk = 1",
            INVALID + "Type mismatch for Index Key city Expected: S Actual: N IndexName: ByCity")
    refused("INSERT INTO Orders VALUE {'pk': 'n', 'sk': 1, 'due': 'x'}",
            INVALID + "Type mismatch for Index Key due Expected: N Actual: S IndexName: ByCity")


def test_statements_keep_indexes(tropic):
    run(tropic, "INSERT INTO Orders VALUE {'pk': 'c', 'sk': 1, 'city': 'Hof', 'due': 1, 'note': 'n'}")
    by_city = "SELECT * FROM Orders.ByCity WHERE city = ?"
    assert keys(run(tropic, by_city, {"S": "Hof"})["Items"]) == ["c1"]
    run(tropic, "UPDATE Orders SET city = 'Gera' WHERE pk = 'c' AND sk = 1")
    assert keys(run(tropic, by_city, {"S": "Hof"})["Items"]) == []
    assert keys(run(tropic, by_city, {"S": "Gera"})["Items"]) == ["c1"]
    run(tropic, "DELETE FROM Orders WHERE pk = 'c' AND sk = 1")
    assert keys(run(tropic, by_city, {"S": "Gera"})["Items"]) == []
