"""The life of a group, with real clients: members come and go while writers write.

Protects L-04, L-36 (any member adds and removes any), L-08/E-08, L-32, L-33, L-35, L-37/E-15 (by the clock), L-41, L-03/E-22
(two changes at once), L-09/E-18 (provisioned without auto scaling), R-26 (every replica has its own stream).
"""
import threading

import botocore.exceptions
import pytest

US, EU, AP = "us-east-1", "eu-west-1", "ap-southeast-2"


@pytest.fixture(scope="module", params=["dev", "serve"])
def cluster(make_cluster_module, request):
    return make_cluster_module(request.param, [US, EU, AP])


def create(cluster, name, **more):
    table = cluster.resource(US).create_table(**{
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], **more})
    table.wait_until_exists()
    return table


def change(cluster, region, name, action, target):
    return cluster.client(region).update_table(TableName=name, ReplicaUpdates=[{action: {"RegionName": target}}])


def wait_gone(cluster, region, name):
    def gone():
        try:
            cluster.client(region).describe_table(TableName=name)
        except botocore.exceptions.ClientError as e:
            return e.response["Error"]["Code"] == "ResourceNotFoundException"
        return False
    cluster.wait(gone, f"{name} to be gone from {region}")


def wait_alone(cluster, region, name, others=0):
    def alone():
        table = cluster.client(region).describe_table(TableName=name)["Table"]
        return len(table.get("Replicas", [])) == others and table["TableStatus"] == "ACTIVE"
    cluster.wait(alone, f"{name} in {region} to have {others} other replicas")


def test_members_come_and_go_under_writes(cluster):
    name = "Moving"
    table = create(cluster, name)
    with table.batch_writer() as batch:
        for n in range(500):
            batch.put_item(Item={"pk": f"k{n}", "n": n})
    stop, failures = threading.Event(), []

    def write():
        mine = cluster.resource(US).Table(name)
        n = 0
        try:
            while not stop.is_set():
                mine.put_item(Item={"pk": f"k{n % 700}", "n": n})
                if n % 3 == 0:
                    mine.delete_item(Key={"pk": f"k{n * 7 % 700}"})
                n += 1
        except BaseException as e:  # noqa: B902 - reported below
            failures.append(e)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        change(cluster, US, name, "Create", EU)
        cluster.wait_replica(name, US, EU)
        change(cluster, EU, name, "Create", AP)  # from another member
        cluster.wait_replica(name, EU, AP)
        cluster.wait_replica(name, US, AP)
        change(cluster, US, name, "Delete", AP)
        wait_gone(cluster, AP, name)
        wait_alone(cluster, US, name, 1)
        change(cluster, US, name, "Create", AP)  # once more, with a new replica id
        cluster.wait_replica(name, US, AP)
    finally:
        stop.set()
        writer.join()
    assert not failures, failures[0]
    cluster.wait_equal(name)


def test_L03_two_changes_at_once(cluster):
    name = "Twice"
    create(cluster, name)
    codes = []

    def one(target):
        try:
            change(cluster, US, name, "Create", target)
            codes.append("OK")
        except botocore.exceptions.ClientError as e:
            codes.append(e.response["Error"]["Code"] + ": " + e.response["Error"]["Message"])

    threads = [threading.Thread(target=one, args=(t,)) for t in (EU, AP)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    codes.sort(key=lambda c: c != "OK")
    assert codes[0] == "OK"
    # The second either met the first on its way, or came after it was through.
    assert codes[1] in ("OK", "ResourceInUseException: The resource which you are attempting to change is in use.")


def test_L37_the_source_rule_ends_after_a_day_and_L33_delete_table_leaves_the_group(make_cluster):
    # Of its own: clocks that were a day ahead and came back would make later versions poison to the others.
    cluster = make_cluster("dev", [US, EU])
    name = "Day"
    table = create(cluster, name)
    table.put_item(Item={"pk": "kept"})
    change(cluster, US, name, "Create", EU)
    cluster.wait_replica(name, US, EU)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        cluster.client(US).delete_table(TableName=name)
    assert refused.value.response["Error"]["Message"] == (
        "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table "
        "in the last 24 hours.")
    for region in (US, EU):
        cluster.tropic(US, "clock", region, "+25h")
    cluster.client(US).delete_table(TableName=name)  # the original member goes; the other stays
    wait_gone(cluster, US, name)
    wait_alone(cluster, EU, name)
    described = cluster.client(EU).describe_table(TableName=name)["Table"]
    assert "GlobalTableVersion" not in described and described["StreamSpecification"]["StreamEnabled"]
    assert cluster.resource(EU).Table(name).get_item(Key={"pk": "kept"})["Item"] == {"pk": "kept"}


def test_L09_provisioned_tables_wait_for_auto_scaling(cluster):
    create(cluster, "Provisioned", BillingMode="PROVISIONED",
           ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        change(cluster, US, "Provisioned", "Create", EU)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert refused.value.response["Error"]["Message"] == "Table write capacity should either be Pay-Per-Request or AutoScaled."


def test_R26_every_replica_has_a_stream_of_all_changes(cluster):
    name = "Streams"
    create(cluster, name)
    change(cluster, US, name, "Create", EU)
    cluster.wait_replica(name, US, EU)
    cluster.resource(US).Table(name).put_item(Item={"pk": "us"})
    cluster.resource(EU).Table(name).put_item(Item={"pk": "eu"})
    cluster.wait_equal(name)
    for region in (US, EU):
        streams = cluster.streams(region)
        arn = cluster.client(region).describe_table(TableName=name)["Table"]["LatestStreamArn"]
        seen = {}
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"],
                                                  ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            for record in streams.get_records(ShardIterator=iterator)["Records"]:
                seen[record["dynamodb"]["Keys"]["pk"]["S"]] = (record["eventName"], record["awsRegion"])
        assert seen == {"us": ("INSERT", region), "eu": ("INSERT", region)}
