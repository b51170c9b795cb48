"""PartiQL: ExecuteStatement, what it does and its refusals word for word.

Sources: dynamodb-partiql-vector.md section 1; Developer Guide, ql-reference.
"""
import pytest

from calls import DYNAMODB, INVALID

TABLE, RANGED = "Music", "Awards"
MALFORMED = "Statement wasn't well formed, can't be processed: "


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    tropic.make_table(TABLE)
    tropic.make_table(RANGED, sort="N")


def run(tropic, statement, *parameters, **more):
    body = {"Statement": statement, **more}
    if parameters:
        body["Parameters"] = list(parameters)
    return tropic.ok("ExecuteStatement", body)


def items(tropic, statement, *parameters, **more):
    return run(tropic, statement, *parameters, **more)["Items"]


def refused(tropic, statement, message, *parameters, kind=None, **more):
    body = {"Statement": statement, **more}
    if parameters:
        body["Parameters"] = list(parameters)
    if kind is None:
        tropic.refused("ExecuteStatement", body, message)
    else:
        tropic.refused("ExecuteStatement", body, message, DYNAMODB + kind)


def get(tropic, key):
    return tropic.ok("GetItem", {"TableName": TABLE, "Key": {"pk": {"S": key}}}).get("Item")


def put(tropic, table, **item):
    tropic.ok("PutItem", {"TableName": table, "Item": item})


# ---- INSERT ----

def test_insert_takes_every_type_of_literal(tropic):
    answer = run(tropic, """INSERT INTO "Music" VALUE {'pk': 'all', 's': 'it''s', 'n': -12.50, 'e': 1e3, 't': TRUE,
        'f': false, 'z': NULL, 'l': [1, 'two', [TRUE]], 'm': {'x': {'y': 1}}, 'ns': <<2, 1.0>>, 'ss': <<'b', 'a'>>,
        'b': ?, 'mixed': ['a', ?]}""", {"B": "AAEC"}, {"BS": ["YQ=="]})
    assert answer == {"Items": []}
    item = get(tropic, "all")
    assert sorted(item.pop("ns")["NS"]) == ["1", "2"]
    assert sorted(item.pop("ss")["SS"]) == ["a", "b"]
    assert item == {
        "pk": {"S": "all"}, "s": {"S": "it's"}, "n": {"N": "-12.5"}, "e": {"N": "1000"}, "t": {"BOOL": True},
        "f": {"BOOL": False}, "z": {"NULL": True}, "l": {"L": [{"N": "1"}, {"S": "two"}, {"L": [{"BOOL": True}]}]},
        "m": {"M": {"x": {"M": {"y": {"N": "1"}}}}}, "b": {"B": "AAEC"}, "mixed": {"L": [{"S": "a"}, {"BS": ["YQ=="]}]}}


def test_insert_of_a_key_that_exists(tropic):
    run(tropic, "insert into Music value {'pk': 'twice', 'v': 1};")
    refused(tropic, "INSERT INTO Music VALUE {'pk': 'twice', 'v': 2}", "Duplicate primary key exists in table",
            kind="DuplicateItemException")
    assert get(tropic, "twice")["v"] == {"N": "1"}


def test_insert_refuses_what_a_put_refuses(tropic):
    refused(tropic, "INSERT INTO Music VALUE {'v': 1}", INVALID + "Missing the key pk in the item")
    refused(tropic, "INSERT INTO Music VALUE {'pk': 1}", INVALID + "Type mismatch for key pk expected: S actual: N")
    refused(tropic, "INSERT INTO Music VALUE {'pk': 'x', 's': ?}", "Item size has exceeded the maximum allowed size",
            {"S": "x" * 409600})
    refused(tropic, "INSERT INTO Music VALUE {'pk': 'x', 's': <<1, 1.0>>}", "Input collection contains duplicates")
    refused(tropic, "INSERT INTO Music VALUE {'pk': 'x', 's': <<>>}", INVALID + "An string set  may not be empty")
    refused(tropic, "INSERT INTO Music VALUE {'pk': 'x', 'n': 1e126}",
            "Number overflow. Attempting to store a number with magnitude larger than supported range")
    refused(tropic, "INSERT INTO \"Music\".\"index\" VALUE {'pk': 'x'}", "This operation is not supported on an index")
    assert get(tropic, "x") is None


# ---- UPDATE ----

def test_update_sets_removes_and_returns(tropic):
    put(tropic, TABLE, pk={"S": "u"}, n={"N": "1"}, l={"L": [{"N": "1"}]}, m={"M": {"a": {"N": "1"}, "b": {"N": "2"}}},
        ss={"SS": ["a", "b"]}, gone={"S": "x"})
    answer = items(tropic, """UPDATE "Music" SET n = n + 5 SET l = list_append(l, [2, ?]), m.a = 'new' REMOVE gone
        REMOVE m.b SET ss = set_add(ss, <<'c'>>) WHERE pk = ? RETURNING ALL NEW *""", {"S": "three"}, {"S": "u"})
    assert sorted(answer[0].pop("ss")["SS"]) == ["a", "b", "c"]
    assert answer == [{"pk": {"S": "u"}, "n": {"N": "6"}, "l": {"L": [{"N": "1"}, {"N": "2"}, {"S": "three"}]},
                       "m": {"M": {"a": {"S": "new"}}}}]
    assert items(tropic, "UPDATE Music SET n = n - 1 WHERE pk = 'u' RETURNING MODIFIED OLD *") == [{"n": {"N": "6"}}]
    assert items(tropic, "UPDATE Music SET n = 10 - n WHERE pk = 'u' RETURNING MODIFIED NEW *") == [{"n": {"N": "5"}}]
    assert items(tropic, "UPDATE Music SET ss = SET_DELETE(ss, <<'a','b','c'>>) WHERE pk = 'u'") == []
    old = items(tropic, "UPDATE Music SET n = 0 WHERE pk = 'u' RETURNING ALL OLD *")
    assert old[0]["n"] == {"N": "5"} and "ss" not in old[0]


def test_update_needs_the_item_and_the_rest_of_the_condition(tropic):
    failed = "The conditional request failed"
    refused(tropic, "UPDATE Music SET a = 1 WHERE pk = 'nobody'", failed, kind="ConditionalCheckFailedException")
    refused(tropic, "UPDATE Music SET a = 1 WHERE pk = 'nobody' AND a IS MISSING", failed,
            kind="ConditionalCheckFailedException")
    assert get(tropic, "nobody") is None
    put(tropic, TABLE, pk={"S": "c"}, v={"N": "1"})
    body = {"Statement": "UPDATE Music SET v = 2 WHERE pk = 'c' AND v = 7"}
    error = {"__type": DYNAMODB + "ConditionalCheckFailedException", "message": failed}
    assert tropic.call("ExecuteStatement", body) == (400, error)
    body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    assert tropic.call("ExecuteStatement", body) == (400, {**error, "Item": {"pk": {"S": "c"}, "v": {"N": "1"}}})
    run(tropic, "UPDATE Music SET v = 2 WHERE pk = 'c' AND v = 1")
    assert get(tropic, "c")["v"] == {"N": "2"}


@pytest.mark.parametrize("statement,message", [
    ("UPDATE Music SET a = 1", "Where clause does not contain a mandatory equality on all key attributes"),
    ("UPDATE Music SET a = 1 WHERE a = 2", "Where clause does not contain a mandatory equality on all key attributes"),
    ("UPDATE Music SET a = 1 WHERE pk = 'a' OR pk = 'b'",
     "Where clause does not contain a mandatory equality on all key attributes"),
    ("UPDATE Awards SET a = 1 WHERE pk = 'a'",
     "Where clause does not contain a mandatory equality on all key attributes"),
    ("DELETE FROM Awards WHERE pk = 'a' AND sk > 1",
     "Where clause does not contain a mandatory equality on all key attributes"),
    ("UPDATE Music SET a = 1 WHERE pk = 1", "The provided key element does not match the schema"),
    ("UPDATE Music SET pk = 'b' WHERE pk = 'a'",
     INVALID + "Cannot update attribute pk. This attribute is part of the key"),
    ("UPDATE Music SET a = 1 SET a.b = 2 WHERE pk = 'a'",
     "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], "
     "path two: [a, b]"),
    ("UPDATE Music SET a.b.c = 2 WHERE pk = 'held'",
     "The document path provided in the update expression is invalid for update"),
    ("UPDATE Music SET a = nothing + 1 WHERE pk = 'held'",
     "The provided expression refers to an attribute that does not exist in the item"),
    ("UPDATE Music SET a = list_append(a, 1) WHERE pk = 'held'",
     "Incorrect operand type for operator or function; operator or function: list_append, operand type: N"),
    ("DELETE FROM Music WHERE pk = 'a' RETURNING ALL NEW *",
     "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements."),
    ("SELECT * FROM Music WHERE a < TRUE",
     "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"),
    ("SELECT * FROM Music WHERE a BETWEEN TRUE AND FALSE",
     "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL"),
    ("SELECT * FROM Music WHERE pk = 5",
     INVALID + "Condition parameter type does not match schema type"),
    ("SELECT * FROM \"Music\".\"nothing\"", "The table does not have the specified index"),
    ("SELECT * FROM \"Music\".\"a\".\"b\"", "A path may contain at most 2 components in the FROM clause"),
    ("SELECT * FROM \"\"", "Path component cannot be an empty string"),
    ("SELECT COUNT(*) FROM Music", "Unexpected path component at 1:8:5"),
    ("SELECT *\n  FROM Music, Awards",
     "FROM clause may only contain a single table name in data manipulation statements at 2:13:1"),
    ("SELECT * FROM Music LIMIT 1", "Unsupported clause: LIMIT at 1:21:5"),
    ("SELECT * FROM Music ORDER BY pk", "Must have WHERE clause in the statement when using ORDER BY clause."),
    ("SELECT * FROM Music WHERE a = 1 ORDER BY pk",
     "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."),
    ("SELECT * FROM Music WHERE pk = 'a' ORDER BY a",
     "Variable reference a in ORDER BY clause must be part of the primary key"),
    ("SELECT * FROM Awards WHERE pk IN ['a', 'b'] ORDER BY sk",
     "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."),
    ("SELECT * FROM Music WHERE pk = ?", "Number of parameters in request and statement don't match."),
    ("SELECT * FROM Music WHERE pk IN [" + ", ".join(["'a'"] * 51) + "]",
     "The IN operator is provided with too many operands; number of operands: 51"),
    ("SELECT * FROM Music WHERE a IN [" + ", ".join(["'a'"] * 101) + "]",
     "The IN operator is provided with too many operands; number of operands: 101"),
    ("CREATE TABLE x", MALFORMED + "Expected data manipulation"),
    ("UPDATE My-Table SET a = 1", MALFORMED + "Expected data manipulation"),
    ("SELECT FROM Music", MALFORMED + "Unexpected keyword"),
    ("SELECT * WHERE a = 1", MALFORMED + "Expected FROM after SELECT list"),
    ("SELECT * FROM Music WHERE date = 1", MALFORMED + "Unexpected keyword"),
    ("UPDATE Music SET date = 1 WHERE pk = 'a'", MALFORMED + "Expected identifier for simple path"),
    ("UPDATE Music SET a 1 WHERE pk = 'a'", MALFORMED + "Expected '='"),
    ("SELECT * FROM Music WHERE (a = 1", MALFORMED + "Expected RIGHT_PAREN"),
    ("SELECT * FROM Music WHERE a = 1 garbage", MALFORMED + "Unexpected token after expression"),
    ("DELETE Music", MALFORMED + "Expected FROM after DELETE"),
    ("INSERT INTO Music (key, a) VALUES (1, 2)", MALFORMED + "Unexpected keyword"),
])
def test_refusals(tropic, statement, message):
    put(tropic, TABLE, pk={"S": "held"}, a={"L": []})
    refused(tropic, statement, message)


def test_refusals_of_parameters(tropic):
    refused(tropic, "SELECT * FROM Music", "Number of parameters in request and statement don't match.", {"S": "a"})
    refused(tropic, "SELECT * FROM Music WHERE a = '?'", "Number of parameters in request and statement don't match.",
            {"S": "a"})
    refused(tropic, "SELECT * FROM Music WHERE a = ?",
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes", {})
    tropic.refused("ExecuteStatement", {"Statement": "SELECT * FROM Music", "Parameters": []},
                   "1 validation error detected: Value '[]' at 'parameters' failed to satisfy constraint: "
                   "Member must have length greater than or equal to 1")
    tropic.refused("ExecuteStatement", {"Statement": "SELECT * FROM Music", "Limit": 0},
                   "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
                   "Member must have value greater than or equal to 1")
    tropic.refused("ExecuteStatement", {"Statement": ""},
                   "1 validation error detected: Value '' at 'statement' failed to satisfy constraint: "
                   "Member must have length greater than or equal to 1")
    tropic.refused("ExecuteStatement", {"Statement": "SELECT * FROM Nowhere"}, "Requested resource not found",
                   DYNAMODB + "ResourceNotFoundException")
    for value in ({"S": "k" * 2049}, {"S": "k" * 100000}):
        refused(tropic, "SELECT * FROM Music WHERE pk = ?",
                INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes", value)


# ---- DELETE ----

def test_delete(tropic):
    put(tropic, TABLE, pk={"S": "d"}, v={"N": "1"})
    refused(tropic, "DELETE FROM Music WHERE pk = 'd' AND v = 2", "The conditional request failed",
            kind="ConditionalCheckFailedException")
    assert items(tropic, "DELETE FROM Music WHERE pk = 'd' AND v = 1 RETURNING ALL OLD *") == [
        {"pk": {"S": "d"}, "v": {"N": "1"}}]
    assert items(tropic, "DELETE FROM Music WHERE pk = 'd' AND v = 1 RETURNING ALL OLD *") == []
    assert get(tropic, "d") is None


# ---- SELECT ----

@pytest.fixture(scope="module")
def awards(tropic, tables):
    for partition in "abc":
        for year in range(5):
            put(tropic, RANGED, pk={"S": partition}, sk={"N": str(year)}, odd={"BOOL": year % 2 == 1},
                tags={"SS": ["t", f"y{year}"]}, m={"M": {"list": {"L": [{"N": str(year)}, {"S": "x"}]}}})


def keys(found):
    return ["".join(item["pk"]["S"] + item["sk"]["N"]) for item in found]


@pytest.mark.parametrize("where,expected", [
    ("pk = 'a'", "a0 a1 a2 a3 a4"),
    ("pk = 'a' AND sk = 3", "a3"),
    ("3 <= sk AND 'a' = pk", "a3 a4"),
    ("pk = 'a' AND sk > 1 AND sk < 4", "a2 a3"),
    ("pk = 'a' AND sk >= 1 AND sk <= 3 AND odd = true", "a1 a3"),
    ("pk = 'a' AND sk BETWEEN 1 AND 2", "a1 a2"),
    ("pk = 'a' AND sk NOT BETWEEN 1 AND 2", "a0 a3 a4"),
    ("pk = 'a' AND sk IN [4, 0, 0, 9]", "a0 a4"),
    ("pk = 'a' AND sk IN (4, 0)", "a0 a4"),
    ("pk = 'a' AND NOT odd = TRUE", "a0 a2 a4"),
    ("pk = 'a' AND sk <> 2 AND sk != 3", "a0 a1 a4"),
    ("pk IN ['b', 'a'] AND sk = 1", "b1 a1"),
    ("pk = 'b' AND sk = 1 OR pk = 'a' AND sk = 2", "b1 a2"),
    ("pk = 'a' AND sk < 2 OR pk = 'a' AND sk > 3 OR pk = 'a'", "a0 a1 a2 a3 a4"),
    ("(pk = 'a' OR pk = 'c') AND (sk = 0 OR sk = 4)", "a0 a4 c0 c4"),
    ("pk = 'a' AND pk = 'b'", ""),
    ("pk = 'a' AND contains(tags, 'y3')", "a3"),
    ("pk = 'a' AND size(tags) = 2 AND attribute_type(m, 'M') AND begins_with(pk, 'a') AND sk = 0", "a0"),
    ("pk = 'a' AND m.list[0] = 4", "a4"),
    ("pk = 'a' AND nothing IS MISSING AND m IS NOT MISSING AND odd IS NOT NULL AND sk = 1", "a1"),
    ("pk = 'a' AND odd IS NULL", ""),
])
def test_where(tropic, awards, where, expected):
    assert keys(items(tropic, f"SELECT * FROM \"Awards\" WHERE {where}")) == expected.split()


def test_a_where_clause_without_the_partition_key_scans(tropic, awards):
    answer = run(tropic, "SELECT * FROM Awards WHERE sk = 2 OR pk = 'a'", ReturnConsumedCapacity="TOTAL")
    assert sorted(keys(answer["Items"])) == ["a0", "a1", "a2", "a3", "a4", "b2", "c2"]
    assert len(items(tropic, "SELECT * FROM Awards -- all of it")) == 15


def test_order_by(tropic, awards):
    assert keys(items(tropic, "SELECT * FROM Awards WHERE pk = 'a' ORDER BY sk DESC")) == "a4 a3 a2 a1 a0".split()
    assert keys(items(tropic, "SELECT * FROM Awards WHERE pk IN ['a', 'c'] AND sk > 3 ORDER BY pk DESC, sk ASC")) == [
        "c4", "a4"]
    assert keys(items(tropic, "SELECT * FROM Awards WHERE pk IN ['c', 'a'] AND sk IN [1, 2] ORDER BY pk, sk DESC")) == [
        "a2", "a1", "c2", "c1"]


def test_projection_names_leaves(tropic, awards):
    assert items(tropic, "SELECT sk, m.list, m.list[1], \"nothing\" FROM Awards WHERE pk = 'a' AND sk = 1") == [
        {"sk": {"N": "1"}, "list": {"L": [{"N": "1"}, {"S": "x"}]}, "list[1]": {"S": "x"}}]
    assert items(tropic, "SELECT nothing FROM Awards WHERE pk = 'a' AND sk = 1") == [{}]


def pages(tropic, statement, *parameters, **more):
    found, token = [], {}
    while True:
        answer = run(tropic, statement, *parameters, **more, **token)
        found.append(keys(answer["Items"]))
        assert ("NextToken" in answer) == ("LastEvaluatedKey" in answer)
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}


def test_pages_by_limit_count_before_the_filter(tropic, awards):
    assert pages(tropic, "SELECT * FROM Awards WHERE pk = ? AND odd = true", {"S": "a"}, Limit=2) == [
        ["a1"], ["a3"], []]
    assert pages(tropic, "SELECT * FROM Awards WHERE pk = 'a' ORDER BY sk DESC", Limit=3) == [
        ["a4", "a3", "a2"], ["a1", "a0"]]
    assert pages(tropic, "SELECT * FROM Awards WHERE pk IN ['c', 'a'] AND sk >= 3", Limit=3) == [
        ["c3", "c4", "a3"], ["a4"]]
    scanned = pages(tropic, "SELECT * FROM Awards", Limit=4)
    assert len(scanned) == 4 and len(sum(scanned, [])) == 15 and len(set(sum(scanned, []))) == 15


def test_several_keys_come_in_pages_of_ten(tropic, awards):
    assert [len(page) for page in pages(tropic, "SELECT * FROM Awards WHERE pk IN ['a', 'b', 'c']")] == [10, 5]
    assert [len(page) for page in pages(tropic, "SELECT * FROM Awards WHERE pk IN ['a', 'b']")] == [10]
    assert [len(page) for page in pages(tropic, "SELECT * FROM Awards WHERE pk IN ['a', 'b'] AND sk IN [0,1,2,3,4]")
            ] == [10]


def test_a_token_belongs_to_its_statement(tropic, awards):
    token = run(tropic, "SELECT * FROM Awards WHERE pk = ?", {"S": "a"}, Limit=1)["NextToken"]
    other = "NextToken does not match request"
    refused(tropic, "SELECT * FROM Awards WHERE pk = ?", other, {"S": "b"}, NextToken=token)
    refused(tropic, "SELECT * FROM Awards WHERE 'a' = pk", other, NextToken=token)
    refused(tropic, "SELECT * FROM Music WHERE pk = ?", other, {"S": "a"}, NextToken=token)
    for broken in ("x", "garbage!", token[:-4], token[4:], token[:20] + ("A" if token[20] != "A" else "B") + token[21:]):
        refused(tropic, "SELECT * FROM Awards WHERE pk = ?", "Invalid NextToken", {"S": "a"}, NextToken=broken)


def test_capacity(tropic, awards):
    def units(statement, **more):
        return run(tropic, statement, ReturnConsumedCapacity="TOTAL", **more)["ConsumedCapacity"]
    assert units("SELECT * FROM Awards WHERE pk = 'a'") == {"TableName": "Awards", "CapacityUnits": 0.5}
    assert units("SELECT * FROM Awards WHERE pk IN ['a', 'b'] AND sk = 1", ConsistentRead=True)["CapacityUnits"] == 2.0
    assert units("UPDATE Music SET a = 1 WHERE pk = 'all'") == {"TableName": "Music", "CapacityUnits": 1.0}


def test_many_different_statements_and_one_again(tropic, awards):
    """More texts than a worker keeps parsed, in between others; parameters of one are not another's."""
    put(tropic, TABLE, pk={"S": "many"}, v={"N": "1"})
    for n in range(700):
        assert items(tropic, f"SELECT v, pk FROM Music WHERE pk = 'many' AND v < {n}") == (
            [{"pk": {"S": "many"}, "v": {"N": "1"}}] if n > 1 else [])
        assert items(tropic, "SELECT sk FROM Awards WHERE pk = 'a' AND sk = ?", {"N": str(n % 5)}) == [
            {"sk": {"N": str(n % 5)}}]


def test_sdk(tropic, awards):
    client = tropic.client()
    found = client.execute_statement(Statement="SELECT sk FROM \"Awards\" WHERE pk = ? AND sk >= ?",
                                     Parameters=[{"S": "a"}, {"N": "3"}])
    assert found["Items"] == [{"sk": {"N": "3"}}, {"sk": {"N": "4"}}]
    with pytest.raises(client.exceptions.DuplicateItemException):
        client.execute_statement(Statement="INSERT INTO Awards VALUE {'pk': 'a', 'sk': 1}")
