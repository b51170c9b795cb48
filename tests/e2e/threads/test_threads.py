"""Many clients on three Regions at once, for the build with ThreadSanitizer (memory engine): a data race ends
the server, and the test sees it. On other builds the same flow is a short mixed load.

Protects the threading rules of ARCHITECTURE.md: state belongs to strands, nothing is shared unlocked.
"""
import threading

import pytest

REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]


@pytest.fixture(scope="module")
def cluster(make_cluster_module):
    return make_cluster_module("dev", REGIONS, in_memory=True)


def run_all(workers):
    failures = []

    def guard(work):
        try:
            work()
        except BaseException as e:  # noqa: B902 - reported below
            failures.append(e)

    threads = [threading.Thread(target=guard, args=(w,)) for w in workers]
    for t in threads:
        t.start()
    for t in threads:
        t.join(timeout=120)
        assert not t.is_alive(), "a client hangs"
    assert not failures, failures[0]


def test_mixed_load_in_three_regions(cluster):
    table = cluster.resource("us-east-1").create_table(
        TableName="Race", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"},
                              {"AttributeName": "sk", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
    table.wait_until_exists()
    for region in REGIONS[1:]:
        cluster.client("us-east-1").update_table(
            TableName="Race", ReplicaUpdates=[{"Create": {"RegionName": region}}])
        cluster.wait_replica("Race", "us-east-1", region)

    def writer(region, number):
        mine = cluster.resource(region).Table("Race")
        for n in range(60):
            key = {"pk": f"p{n % 7}", "sk": n % 11}  # the same keys everywhere
            mine.put_item(Item={**key, "by": f"{region}/{number}", "n": n})
            mine.update_item(Key=key, UpdateExpression="SET c = if_not_exists(c, :z) + :one",
                             ExpressionAttributeValues={":z": 0, ":one": 1})
            if n % 5 == 0:
                mine.delete_item(Key=key)

    def mover(region):
        client = cluster.client(region)
        keys = [{"pk": {"S": f"p{n}"}, "sk": {"N": str(n)}} for n in range(4)]  # the writers' keys, too
        for n in range(40):
            try:
                client.transact_write_items(TransactItems=[
                    {"Update": {"TableName": "Race", "Key": key, "UpdateExpression": "ADD moves :one",
                                "ExpressionAttributeValues": {":one": {"N": "1"}}}} for key in keys])
            except client.exceptions.TransactionCanceledException as error:
                assert {r["Code"] for r in error.response["CancellationReasons"]} <= {"None", "TransactionConflict"}
            client.transact_get_items(TransactItems=[{"Get": {"TableName": "Race", "Key": key}} for key in keys])

    def reader(region):
        mine = cluster.resource(region).Table("Race")
        for _ in range(30):
            mine.scan()
            mine.query(KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": "p1"},
                       ScanIndexForward=False, Limit=5)

    def follower(region):
        streams = cluster.streams(region)
        arn = cluster.client(region).describe_table(TableName="Race")["Table"]["LatestStreamArn"]
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"],
                                                  ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            for _ in range(5):
                iterator = streams.get_records(ShardIterator=iterator)["NextShardIterator"]

    run_all([lambda r=r, n=n: writer(r, n) for r in REGIONS for n in range(2)]
            + [lambda r=r: mover(r) for r in REGIONS] + [lambda r=r: reader(r) for r in REGIONS] + [lambda r=r: follower(r) for r in REGIONS])
    cluster.wait_equal("Race")
    assert cluster.running("us-east-1"), cluster.log("us-east-1")


def test_tables_come_and_go_while_clients_ask(cluster):
    client = cluster.client("eu-west-1")

    def churn(number):
        for n in range(5):
            name = f"Churn{number}-{n}"
            client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
            client.get_waiter("table_exists").wait(TableName=name)
            client.put_item(TableName=name, Item={"pk": {"S": "x"}})
            client.delete_table(TableName=name)

    def asker():
        for _ in range(30):
            client.list_tables()
            client.describe_table(TableName="Race")

    run_all([lambda n=n: churn(n) for n in range(3)] + [asker, asker])
