"""Regions of one endpoint: each request is for the Region of its signature, also while another is stopped."""
import pytest

from calls import Tropic

US, EU = "us-east-1", "eu-west-1"


@pytest.fixture(scope="module")
def cluster(make_cluster_module):
    return make_cluster_module("dev", [US, EU], in_memory=False)


def test_tables_belong_to_their_region(cluster):
    tropic = Tropic(cluster.endpoint(US))
    tropic.make_table("Here")
    assert tropic.ok("ListTables", {}, US)["TableNames"] == ["Here"]
    assert tropic.ok("ListTables", {}, EU)["TableNames"] == []
    assert ":us-east-1:" in tropic.ok("DescribeTable", {"TableName": "Here"})["Table"]["TableArn"]


def test_a_stopped_region_answers_503_and_comes_back(cluster):
    tropic = Tropic(cluster.endpoint(US))
    tropic.call("DeleteTable", {"TableName": "Stopped"})
    tropic.make_table("Stopped")
    tropic.ok("PutItem", {"TableName": "Stopped", "Item": {"pk": {"S": "a"}}})
    cluster.tropic(EU, "region", US, "--stop")
    status, answer = tropic.call("ListTables", {}, US)
    assert (status, answer["__type"]) == (503, "com.amazon.coral.service#ServiceUnavailable")
    assert tropic.ok("ListTables", {}, EU)["TableNames"] == []
    cluster.tropic(EU, "region", US, "--start")
    assert tropic.ok("GetItem", {"TableName": "Stopped", "Key": {"pk": {"S": "a"}}}) == {"Item": {"pk": {"S": "a"}}}


def test_iterators_survive_a_restart(cluster):
    tropic = Tropic(cluster.endpoint(US))
    tropic.make_table("Restarted", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    tropic.ok("PutItem", {"TableName": "Restarted", "Item": {"pk": {"S": "a"}}})
    arn = tropic.ok("DescribeTable", {"TableName": "Restarted"})["Table"]["LatestStreamArn"]
    starts = [tropic.ok("GetShardIterator", {"StreamArn": arn, "ShardId": shard["ShardId"],
                                             "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
              for shard in tropic.ok("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]]
    cluster.restart(US)
    records = [r for start in starts for r in tropic.ok("GetRecords", {"ShardIterator": start})["Records"]]
    assert [r["dynamodb"]["Keys"] for r in records] == [{"pk": {"S": "a"}}]


def test_everything_is_found_on_the_disk_after_a_restart(cluster):
    """Nothing is in the caches, so each operation takes the way through the I/O pool."""
    tropic = Tropic(cluster.endpoint(US))
    tropic.make_table("Cold", sort="N")
    items = [{"pk": {"S": f"p{n % 4}"}, "sk": {"N": str(n)}, "v": {"S": "x" * 2000}} for n in range(100)]
    for n in range(0, 100, 25):
        tropic.ok("BatchWriteItem", {"RequestItems": {"Cold": [{"PutRequest": {"Item": i}} for i in items[n:n + 25]]}})
    keys = [{"pk": i["pk"], "sk": i["sk"]} for i in items]

    cluster.restart(US)
    assert tropic.ok("GetItem", {"TableName": "Cold", "Key": keys[0]}) == {"Item": items[0]}
    cluster.restart(US)
    answer = tropic.ok("BatchGetItem", {"RequestItems": {"Cold": {"Keys": keys}}})["Responses"]["Cold"]
    assert sorted(answer, key=lambda i: int(i["sk"]["N"])) == items
    cluster.restart(US)
    answer = tropic.ok("Query", {"TableName": "Cold", "KeyConditionExpression": "pk = :p",
                                 "ExpressionAttributeValues": {":p": {"S": "p1"}}})
    assert answer["Items"] == items[1::4]
    cluster.restart(US)
    assert tropic.ok("Scan", {"TableName": "Cold", "Select": "COUNT"})["Count"] == 100
    cluster.restart(US)
    failed = tropic.call("PutItem", {"TableName": "Cold", "Item": items[5], "ConditionExpression": "attribute_not_exists(pk)",
                                     "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
    assert failed[0] == 400 and failed[1]["Item"] == items[5]
    cluster.restart(US)
    tropic.ok("BatchWriteItem", {"RequestItems": {"Cold": [{"DeleteRequest": {"Key": key}} for key in keys[:25]]}})
    assert tropic.ok("DescribeTable", {"TableName": "Cold"})["Table"]["ItemCount"] == 75
