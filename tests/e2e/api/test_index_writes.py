"""Writes to tables with secondary indexes: keys that do not fit, sparse entries, item collections.

Sources: dynamodb-values-capacity.md sections 3 and 5.
"""
import pytest

from calls import DYNAMODB, INVALID

TABLE = "IndexWrites"
EMPTY = "One or more parameter values are not valid. "
CANCELED = DYNAMODB + "TransactionCanceledException"


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    def key(*names):
        return [{"AttributeName": n, "KeyType": k} for n, k in zip(names, ("HASH", "RANGE"))]
    tropic.ok("CreateTable", {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key("pk", "sk"),
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t}
                                 for n, t in (("pk", "S"), ("sk", "S"), ("n", "N"), ("s", "S"), ("b", "B"))],
        "LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": key("pk", "b"),
                                   "Projection": {"ProjectionType": "ALL"}}],
        "GlobalSecondaryIndexes": [
            {"IndexName": name, "KeySchema": key(*names), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            for name, names in (("by-n", ("n",)), ("a-by-n", ("s", "n")))]})


def item(**more):
    return {"pk": {"S": "p"}, "sk": {"S": "s"}, **more}


MISFITS = [
    ({"n": {"S": "1"}}, INVALID + "Type mismatch for Index Key n Expected: N Actual: S IndexName: a-by-n"),
    ({"b": {"BOOL": True}}, INVALID + "Type mismatch for Index Key b Expected: B Actual: BOOL IndexName: local"),
    ({"s": {"S": ""}}, EMPTY + "A value specified for a secondary index key is not supported. The AttributeValue for a key "
     "attribute cannot contain an empty string value. IndexName: a-by-n, IndexKey: s"),
    ({"b": {"B": ""}}, EMPTY + "A value specified for a secondary index key is not supported. The AttributeValue for a key "
     "attribute cannot contain an empty binary value. IndexName: local, IndexKey: b"),
    ({"s": {"S": "x" * 2049}}, INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ({"b": {"B": "A" * 1368}},
     INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
]


@pytest.mark.parametrize("number", range(len(MISFITS)))
def test_an_index_key_that_does_not_fit(tropic, number):
    more, message = MISFITS[number]
    tropic.refused("PutItem", {"TableName": TABLE, "Item": item(**more)}, message)
    tropic.refused("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": item(**more)}}]}}, message)
    status, answer = tropic.call("TransactWriteItems", {"TransactItems": [{"Put": {
        "TableName": TABLE, "Item": item(**more)}}]})
    assert (status, answer["__type"]) == (400, CANCELED)
    assert answer["CancellationReasons"] == [{"Code": "ValidationError", "Message": message}]


def update(expression, values=None, **more):
    return {"TableName": TABLE, "Key": item(), "UpdateExpression": expression,
            **({"ExpressionAttributeValues": values} if values else {}), **more}


UPDATES = [
    (update("SET n = :v", {":v": {"S": "1"}}), INVALID + "Type mismatch for Index Key n Expected: N Actual: S "
     "IndexName: a-by-n"),
    (update("SET s = :v", {":v": {"S": ""}}), EMPTY + "The update expression attempted to update a secondary index key to a "
     "value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."),
    (update("SET s = spare"), "The update expression attempted to update the secondary index key to unsupported type"),
    (update("SET s = :v", {":v": {"S": "x" * 2049}}),
     "The update expression attempted to update the secondary index key to a value beyond allowed size limits"),
    (update("SET s.x = :v", {":v": {"S": "a"}}),
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: s"),
    (update("REMOVE spare", ConditionExpression="attribute_exists(b[0])"),
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: b"),
]


@pytest.mark.parametrize("number", range(len(UPDATES)))
def test_an_update_of_an_index_key(tropic, number):
    request, message = UPDATES[number]
    tropic.ok("PutItem", {"TableName": TABLE, "Item": item(spare={"N": "1"}, s={"S": "fits"})})
    tropic.refused("UpdateItem", request, message)
    tropic.ok("UpdateItem", update("SET v = :v", {":v": {"S": "a"}}))


def entries(tropic, name):
    return tropic.ok("Scan", {"TableName": TABLE, "IndexName": name})["Items"]


def test_an_item_moves_in_and_out_of_a_sparse_index(tropic):
    tropic.ok("PutItem", {"TableName": TABLE, "Item": item(v={"S": "a"})})
    assert entries(tropic, "by-n") == entries(tropic, "a-by-n") == []
    tropic.ok("UpdateItem", update("SET n = :v", {":v": {"N": "1"}}))
    assert entries(tropic, "by-n") == [item(n={"N": "1"})] and entries(tropic, "a-by-n") == []
    tropic.ok("UpdateItem", update("SET s = :v", {":v": {"S": "a"}}))
    assert entries(tropic, "a-by-n") == [item(n={"N": "1"}, s={"S": "a"})]
    tropic.ok("UpdateItem", update("ADD n :v", {":v": {"N": "1"}}))
    assert entries(tropic, "by-n") == [item(n={"N": "2"})]
    tropic.ok("UpdateItem", update("REMOVE n"))
    assert entries(tropic, "by-n") == entries(tropic, "a-by-n") == []
    tropic.ok("PutItem", {"TableName": TABLE, "Item": item(n={"N": "3"})})
    tropic.ok("DeleteItem", {"TableName": TABLE, "Key": item()})
    assert entries(tropic, "by-n") == []


METRICS = {"ItemCollectionKey": {"pk": {"S": "p"}}, "SizeEstimateRangeGB": [0.0, 1.0]}


def test_metrics_of_item_collections(tropic):
    size = {"ReturnItemCollectionMetrics": "SIZE"}
    assert tropic.ok("PutItem", {"TableName": TABLE, "Item": item(), **size}) == {"ItemCollectionMetrics": METRICS}
    assert tropic.ok("UpdateItem", update("SET v = :v", {":v": {"S": "a"}}, **size)) == {"ItemCollectionMetrics": METRICS}
    assert tropic.ok("PutItem", {"TableName": TABLE, "Item": item(), "ReturnItemCollectionMetrics": "NONE"}) == {}
    batch = tropic.ok("BatchWriteItem", {**size, "RequestItems": {TABLE: [
        {"PutRequest": {"Item": {"pk": {"S": pk}, "sk": {"S": sk}}}} for pk, sk in (("p", "1"), ("p", "2"), ("o", "1"))]}})
    assert sorted((m["ItemCollectionKey"]["pk"]["S"], m["SizeEstimateRangeGB"])
                  for m in batch["ItemCollectionMetrics"][TABLE]) == [("o", [0.0, 1.0]), ("p", [0.0, 1.0])]
    assert tropic.ok("DeleteItem", {"TableName": TABLE, "Key": item(), **size}) == {"ItemCollectionMetrics": METRICS}
    tropic.make_table("NoCollections")
    assert tropic.ok("PutItem", {"TableName": "NoCollections", "Item": {"pk": {"S": "p"}}, **size}) == {}
