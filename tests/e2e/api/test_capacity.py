"""ReturnConsumedCapacity: what every operation says that it used, of the table and of each index.

Source: dynamodb-values-capacity.md section 5.
"""
import pytest

NAME = "Capacity"
INDEXED = {
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "g", "l")],
    "LocalSecondaryIndexes": [{"IndexName": "local", "Projection": {"ProjectionType": "KEYS_ONLY"}, "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}]}],
    "GlobalSecondaryIndexes": [{"IndexName": "global", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
        {"AttributeName": "g", "KeyType": "HASH"}]}]}


@pytest.fixture(scope="module", autouse=True)
def table(tropic):
    tropic.make_table(NAME, sort="S", **INDEXED)
    tropic.make_table("Bare")


def item(key, size=0, **more):
    return {"pk": {"S": "p"}, "sk": {"S": key}, "t": {"S": "x" * size}, **{n: {"S": v} for n, v in more.items()}}


def used(tropic, operation, body, mode="INDEXES"):
    return tropic.ok(operation, {**body, "ReturnConsumedCapacity": mode}).get("ConsumedCapacity")


def put(tropic, *args, **more):
    return used(tropic, "PutItem", {"TableName": NAME, "Item": item(*args, **more)})


def capacity(table, local=None, glob=None):
    arms = {"TableName": NAME, "CapacityUnits": table + (local or 0) + (glob or 0), "Table": {"CapacityUnits": table}}
    if local is not None:
        arms["LocalSecondaryIndexes"] = {"local": {"CapacityUnits": local}}
    if glob is not None:
        arms["GlobalSecondaryIndexes"] = {"global": {"CapacityUnits": glob}}
    return arms


def test_writes_count_the_entries_that_they_change(tropic):
    assert put(tropic, "a") == capacity(1)                                    # in no index
    assert put(tropic, "a", 2000, g="x", l="y") == capacity(2, 1, 2)          # absent -> present
    assert put(tropic, "a", 2000, g="x", l="y") == capacity(2)                # the same again
    assert put(tropic, "a", 10, g="x", l="y") == capacity(2, None, 2)         # the larger of the two entries
    assert put(tropic, "a", 2000, g="z", l="y") == capacity(2, None, 1 + 2)   # moves: both
    assert put(tropic, "a", 2000, g="z", l="w") == capacity(2, 1 + 1, 2)
    assert used(tropic, "DeleteItem", {"TableName": NAME, "Key": {"pk": {"S": "p"}, "sk": {"S": "a"}}}) == \
        capacity(2, 1, 2)
    assert used(tropic, "DeleteItem", {"TableName": NAME, "Key": {"pk": {"S": "p"}, "sk": {"S": "a"}}}) == capacity(1)


def test_total_and_none(tropic):
    body = {"TableName": NAME, "Item": item("n", g="x")}
    assert used(tropic, "PutItem", body, "NONE") is None
    tropic.ok("DeleteItem", {"TableName": NAME, "Key": {"pk": {"S": "p"}, "sk": {"S": "n"}}})
    assert used(tropic, "PutItem", body, "TOTAL") == {"TableName": NAME, "CapacityUnits": 2}


def test_an_update_counts_the_larger_image(tropic):
    put(tropic, "u", 3000)
    key = {"TableName": NAME, "Key": {"pk": {"S": "p"}, "sk": {"S": "u"}}}
    assert used(tropic, "UpdateItem", {**key, "UpdateExpression": "REMOVE t"}) == capacity(3)
    assert used(tropic, "UpdateItem", {**key, "UpdateExpression": "SET g = :g",
                                       "ExpressionAttributeValues": {":g": {"S": "u"}}}) == capacity(1, None, 1)


def test_reads_of_items(tropic):
    put(tropic, "r", 5000)
    get = {"TableName": NAME, "Key": {"pk": {"S": "p"}, "sk": {"S": "r"}}}
    assert used(tropic, "GetItem", get) == capacity(1)
    assert used(tropic, "GetItem", {**get, "ConsistentRead": True}) == capacity(2)
    assert used(tropic, "GetItem", {**get, "Key": {"pk": {"S": "p"}, "sk": {"S": "none"}}}) == capacity(0.5)
    keys = [{"pk": {"S": "p"}, "sk": {"S": s}} for s in ("r", "none")]
    assert used(tropic, "BatchGetItem", {"RequestItems": {NAME: {"Keys": keys}, "Bare": {"Keys": [{"pk": {"S": "x"}}],
                                                                                        "ConsistentRead": True}}}) == [
        capacity(1.5), {"TableName": "Bare", "CapacityUnits": 1, "Table": {"CapacityUnits": 1}}]


def test_pages_round_up_once(tropic):
    for n in range(5):
        put(tropic, f"q{n}", 1500, g="q", l=f"l{n}")
    query = {"TableName": NAME, "KeyConditionExpression": "pk = :p AND begins_with(sk, :q)",
             "ExpressionAttributeValues": {":p": {"S": "p"}, ":q": {"S": "q"}}}
    assert used(tropic, "Query", query) == capacity(1)  # 7.6 KB: two blocks, halved
    assert used(tropic, "Query", {**query, "ConsistentRead": True, "Select": "COUNT"}) == capacity(2)
    assert used(tropic, "Query", {**query, "ExpressionAttributeValues": {":p": {"S": "p"}, ":q": {"S": "zz"}}}) == \
        capacity(0.5)
    assert used(tropic, "Query", {"TableName": NAME, "IndexName": "global", "KeyConditionExpression": "g = :g",
                                  "ExpressionAttributeValues": {":g": {"S": "q"}}}) == capacity(0, None, 1)
    local = {"TableName": NAME, "IndexName": "local", "KeyConditionExpression": "pk = :p AND begins_with(l, :l)",
             "ExpressionAttributeValues": {":p": {"S": "p"}, ":l": {"S": "l"}}}
    assert used(tropic, "Query", local) == capacity(0, 0.5)
    # Attributes that the index lacks come from the table, each item by itself.
    assert used(tropic, "Query", {**local, "Select": "ALL_ATTRIBUTES"}) == capacity(5 * 0.5, 0.5)


def test_batches_and_transactions(tropic):
    requests = [{"PutRequest": {"Item": item("b1", 1500, g="b")}}, {"PutRequest": {"Item": item("b2")}}]
    assert used(tropic, "BatchWriteItem", {"RequestItems": {NAME: requests}}) == [capacity(3, None, 2)]
    written = used(tropic, "TransactWriteItems", {"TransactItems": [
        {"Put": {"TableName": NAME, "Item": item("t1", 1500, g="t", l="t")}},
        {"ConditionCheck": {"TableName": NAME, "Key": {"pk": {"S": "p"}, "sk": {"S": "b1"}},
                            "ConditionExpression": "attribute_exists(pk)"}}]})
    arm = {"CapacityUnits": 8, "WriteCapacityUnits": 8}  # 2 * (2 + 2); the indexes are not doubled
    assert written == [{"TableName": NAME, "CapacityUnits": 11, "WriteCapacityUnits": 11, "Table": arm,
                        "LocalSecondaryIndexes": {"local": {"CapacityUnits": 1, "WriteCapacityUnits": 1}},
                        "GlobalSecondaryIndexes": {"global": {"CapacityUnits": 2, "WriteCapacityUnits": 2}}}]
    read = used(tropic, "TransactGetItems", {"TransactItems": [
        {"Get": {"TableName": NAME, "Key": {"pk": {"S": "p"}, "sk": {"S": s}}}} for s in ("t1", "none")]}, "TOTAL")
    assert read == [{"TableName": NAME, "CapacityUnits": 4, "ReadCapacityUnits": 4}]


def test_a_replayed_transaction_costs_reads(tropic):
    body = {"ClientRequestToken": "again", "TransactItems": [{"Put": {"TableName": NAME, "Item": item("w", 5000, g="w")}}]}
    used(tropic, "TransactWriteItems", body)
    assert used(tropic, "TransactWriteItems", body, "TOTAL") == [
        {"TableName": NAME, "CapacityUnits": 4, "ReadCapacityUnits": 4}]


def test_statements(tropic):
    put(tropic, "s", 2000, g="s")
    assert used(tropic, "ExecuteStatement", {"Statement": f"SELECT * FROM {NAME} WHERE pk = 'p' AND sk = 's'"}) == \
        capacity(0.5)
    assert used(tropic, "ExecuteStatement", {"Statement": f'SELECT * FROM "{NAME}"."global" WHERE g = \'s\''}) == \
        capacity(0, None, 0.5)
    assert used(tropic, "ExecuteStatement", {
        "Statement": f"UPDATE {NAME} SET g = 'new' WHERE pk = 'p' AND sk = 's'"}) == capacity(2, None, 4)
