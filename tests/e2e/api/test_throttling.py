"""Throughput that is enforced: provisioned units, maximums of on-demand tables, 300 seconds of burst credit.

Every table here has one unit per second. A test first runs into a debt of a minute or more with a few large items, so
nothing depends on how long it takes; the Region's clock is what brings credit back.
Sources: dynamodb-wire.md section 2, dynamodb-values-capacity.md section 5.
"""
import pytest

from calls import DYNAMODB, Tropic

TABLE_EXCEEDED = ("The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
                  "provisioning level with the UpdateTable API.")
INDEX_EXCEEDED = ("The level of configured provisioned throughput for one or more global secondary indexes of the table was "
                  "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary "
                  "indexes with the UpdateTable API")
MAXIMUM_EXCEEDED = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
EXCEEDED = DYNAMODB + "ProvisionedThroughputExceededException"
LARGE = "x" * (390 * 1024)  # 391 units to write, 98 to read consistently


@pytest.fixture(scope="module")
def cluster(make_cluster_module):
    return make_cluster_module("dev", ["us-east-1"], in_memory=True, extra=["--throttle"])


@pytest.fixture(scope="module")
def tropic(cluster):
    return Tropic(cluster.endpoint("us-east-1"))


def provisioned(tropic, name, read=1, write=1):
    tropic.ok("CreateTable", {
        "TableName": name, "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}})
    return name


def put(name, key, text="", **more):
    return {"TableName": name, "Item": {"pk": {"S": key}, "t": {"S": text}}, **more}


def exhaust_writes(tropic, name):
    """Credit is 300 units; the item costs 391: 91 seconds of debt."""
    tropic.ok("PutItem", put(name, "large", LARGE))


def exhaust_reads(tropic, name):
    for _ in range(4):
        tropic.ok("GetItem", {"TableName": name, "Key": {"pk": {"S": "large"}}, "ConsistentRead": True})


def throttled(tropic, operation, body, name, reason, message=TABLE_EXCEEDED, kind=EXCEEDED, member="ThrottlingReasons"):
    status, answer = tropic.call(operation, body)
    assert status == 400, answer
    assert answer == {"__type": kind, "message": message, member: [
        {"reason": reason, "resource": tropic.ok("DescribeTable", {"TableName": name})["Table"]["TableArn"]}]}


def test_writes_beyond_the_burst_are_throttled_until_the_debt_is_paid(tropic, cluster):
    name = provisioned(tropic, "Writes")
    exhaust_writes(tropic, name)
    reason = "TableWriteProvisionedThroughputExceeded"
    throttled(tropic, "PutItem", put(name, "a"), name, reason)
    throttled(tropic, "DeleteItem", {"TableName": name, "Key": {"pk": {"S": "large"}}}, name, reason)
    throttled(tropic, "UpdateItem", {"TableName": name, "Key": {"pk": {"S": "a"}}}, name, reason)
    tropic.ok("GetItem", {"TableName": name, "Key": {"pk": {"S": "large"}}})  # reads have their own credit
    try:
        cluster.tropic("us-east-1", "clock", "us-east-1", "+100s")
        tropic.ok("PutItem", put(name, "a"))
    finally:
        cluster.tropic("us-east-1", "clock", "us-east-1", "0")


def test_reads_are_throttled(tropic):
    name = provisioned(tropic, "Reads", write=1000)
    tropic.ok("PutItem", put(name, "large", LARGE))
    exhaust_reads(tropic, name)
    reason = "TableReadProvisionedThroughputExceeded"
    throttled(tropic, "GetItem", {"TableName": name, "Key": {"pk": {"S": "a"}}}, name, reason)
    throttled(tropic, "Scan", {"TableName": name}, name, reason)
    throttled(tropic, "Query", {"TableName": name, "KeyConditionExpression": "pk = :p",
                                "ExpressionAttributeValues": {":p": {"S": "a"}}}, name, reason)
    tropic.ok("PutItem", put(name, "b"))


def test_a_mistake_costs_nothing_and_is_told_before_throttling(tropic):
    name = provisioned(tropic, "Mistakes")
    exhaust_writes(tropic, name)
    tropic.refused("PutItem", {"TableName": name, "Item": {"x": {"S": "1"}}},
                   "One or more parameter values were invalid: Missing the key pk in the item")


def test_a_false_condition_costs_the_item_that_is_there(tropic):
    name = provisioned(tropic, "Conditions", write=2)
    tropic.ok("PutItem", put(name, "large", LARGE))  # 600 - 391 = 209
    status, answer = tropic.call("PutItem", put(name, "large", ConditionExpression="attribute_not_exists(pk)"))
    assert status == 400 and answer["__type"] == DYNAMODB + "ConditionalCheckFailedException"  # 391 more
    throttled(tropic, "PutItem", put(name, "a"), name, "TableWriteProvisionedThroughputExceeded")


def test_an_update_of_the_table_works_at_once(tropic):
    name = provisioned(tropic, "Updated")
    exhaust_writes(tropic, name)
    throttled(tropic, "PutItem", put(name, "a"), name, "TableWriteProvisionedThroughputExceeded")
    tropic.ok("UpdateTable", {"TableName": name, "BillingMode": "PAY_PER_REQUEST"})
    tropic.ok("PutItem", put(name, "a"))
    tropic.ok("UpdateTable", {"TableName": name, "OnDemandThroughput": {"MaxWriteRequestUnits": 1}})
    exhaust_writes(tropic, name)
    throttled(tropic, "PutItem", put(name, "a"), name, "TableWriteMaxOnDemandThroughputExceeded", MAXIMUM_EXCEEDED,
              DYNAMODB + "ThrottlingException", "throttlingReasons")
    tropic.ok("UpdateTable", {"TableName": name, "OnDemandThroughput": {"MaxWriteRequestUnits": -1}})
    tropic.ok("PutItem", put(name, "a"))


def test_a_batch_gives_back_what_was_throttled(tropic):
    poor, rich = provisioned(tropic, "Poor"), provisioned(tropic, "Rich", 1000, 1000)
    exhaust_writes(tropic, poor)
    one = [{"PutRequest": {"Item": {"pk": {"S": "1"}}}}]
    answer = tropic.ok("BatchWriteItem", {"RequestItems": {poor: one, rich: one}, "ReturnConsumedCapacity": "TOTAL"})
    assert answer["UnprocessedItems"] == {poor: one}
    assert {c["TableName"]: c["CapacityUnits"] for c in answer["ConsumedCapacity"]}[rich] == 1
    throttled(tropic, "BatchWriteItem", {"RequestItems": {poor: one}}, poor, "TableWriteProvisionedThroughputExceeded")

    exhaust_reads(tropic, poor)
    keys = {"Keys": [{"pk": {"S": "1"}}, {"pk": {"S": "2"}}], "ProjectionExpression": "#p",
            "ExpressionAttributeNames": {"#p": "pk"}}
    answer = tropic.ok("BatchGetItem", {"RequestItems": {poor: keys, rich: keys}})
    assert answer["UnprocessedKeys"] == {poor: keys}
    assert answer["Responses"] == {poor: [], rich: [{"pk": {"S": "1"}}]}
    throttled(tropic, "BatchGetItem", {"RequestItems": {poor: keys}}, poor, "TableReadProvisionedThroughputExceeded")


def test_a_batch_does_what_its_credit_allows(tropic):
    """A batch is admitted item by item: 300 units of credit admit one large item and then some, not 25."""
    name = provisioned(tropic, "Partly", write=1)
    requests = [{"PutRequest": {"Item": {"pk": {"S": str(i)}, "t": {"S": "x" * (99 * 1024)}}}} for i in range(10)]
    answer = tropic.ok("BatchWriteItem", {"RequestItems": {name: requests}})
    assert answer["UnprocessedItems"] == {name: requests[4:]} or answer["UnprocessedItems"] == {name: requests[3:]}


def test_a_transaction_is_cancelled_for_what_was_throttled(tropic):
    poor, rich = provisioned(tropic, "Poor2"), provisioned(tropic, "Rich2", 1000, 1000)
    maximum = "Maximum2"
    tropic.ok("CreateTable", {
        "TableName": maximum, "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
        "OnDemandThroughput": {"MaxWriteRequestUnits": 1}})
    exhaust_writes(tropic, maximum)
    exhaust_writes(tropic, poor)
    exhaust_reads(tropic, poor)
    none = {"Code": "None"}
    provisioned_exceeded = {"Code": "ProvisionedThroughputExceeded", "Message": TABLE_EXCEEDED}
    status, answer = tropic.call("TransactWriteItems", {"TransactItems": [
        {"Put": put(rich, "a")}, {"Put": put(poor, "a")}, {"Put": put(maximum, "a")}]})
    assert (status, answer["CancellationReasons"]) == (
        400, [none, provisioned_exceeded, {"Code": "ThrottlingError", "Message": MAXIMUM_EXCEEDED}])
    get = [{"Get": {"TableName": name, "Key": {"pk": {"S": "a"}}}} for name in (rich, poor)]
    status, answer = tropic.call("TransactGetItems", {"TransactItems": get})
    assert (status, answer["CancellationReasons"]) == (400, [none, provisioned_exceeded])
    assert tropic.ok("TransactGetItems", {"TransactItems": get[:1]}) == {"Responses": [{}]}


def test_an_index_has_limits_of_its_own_and_pushes_back(tropic):
    tropic.ok("CreateTable", {
        "TableName": "Pushed", "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "g")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 1000, "WriteCapacityUnits": 1000},
        "GlobalSecondaryIndexes": [{
            "IndexName": "gsi", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}]})
    reason = [{"reason": "IndexWriteProvisionedThroughputExceeded", "resource": tropic.ok(
        "DescribeTable", {"TableName": "Pushed"})["Table"]["GlobalSecondaryIndexes"][0]["IndexArn"]}]
    body = put("Pushed", "large", LARGE)
    tropic.ok("PutItem", {**body, "Item": {**body["Item"], "g": {"S": "x"}}})
    status, answer = tropic.call("PutItem", put("Pushed", "a"))
    assert status == 400 and answer == {"__type": EXCEEDED, "message": INDEX_EXCEEDED, "ThrottlingReasons": reason}
    query = {"TableName": "Pushed", "IndexName": "gsi", "KeyConditionExpression": "g = :g",
             "ExpressionAttributeValues": {":g": {"S": "x"}}}
    for _ in range(7):  # 49 units each of 300
        tropic.ok("Query", query)
    status, answer = tropic.call("Query", query)
    assert answer["ThrottlingReasons"][0]["reason"] == "IndexReadProvisionedThroughputExceeded"
    tropic.ok("GetItem", {"TableName": "Pushed", "Key": {"pk": {"S": "large"}}})


def test_an_sdk_retries_and_without_the_switch_nothing_is_throttled(tropic, make_cluster):
    client = tropic.client()
    name = provisioned(tropic, "Sdk")
    exhaust_writes(tropic, name)
    with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
        client.put_item(TableName=name, Item={"pk": {"S": "a"}})
    free = Tropic(make_cluster("dev", ["us-east-1"], in_memory=True).endpoint("us-east-1"))
    provisioned(free, "Free")
    for _ in range(3):
        exhaust_writes(free, "Free")


def test_serve_throttles_unless_told_not_to(make_cluster):
    for extra, expected in (([], 1), (["--no-throttle"], 0)):
        cluster = make_cluster("serve", ["us-east-1"], retries=0, extra=extra)
        client, refused = cluster.client("us-east-1"), 0
        client.create_table(TableName="Tbl", AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1})
        client.put_item(TableName="Tbl", Item={"pk": {"S": "large"}, "t": {"S": LARGE}})
        try:
            client.put_item(TableName="Tbl", Item={"pk": {"S": "a"}})
        except client.exceptions.ProvisionedThroughputExceededException:
            refused = 1
        assert refused == expected
