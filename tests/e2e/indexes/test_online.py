"""Indexes of a table that is in use: created and deleted while writers write, while pages are read, across kill -9."""
import random
import threading

import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

REGION, ITEMS, GROUPS, WRITERS = "us-east-1", 12000, 20, 4
BY_GROUP = {"IndexName": "byGroup", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
    {"AttributeName": "group", "KeyType": "HASH"}, {"AttributeName": "rank", "KeyType": "RANGE"}]}
DEFINITIONS = [{"AttributeName": n, "AttributeType": t} for n, t in (("id", "S"), ("group", "S"), ("rank", "N"))]


@pytest.fixture
def cluster(make_cluster):
    return make_cluster("serve", [REGION])


def make_table(cluster, name, **more):
    table = cluster.resource(REGION).create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=DEFINITIONS[:1] if not more else DEFINITIONS, **more)
    with table.batch_writer() as batch:
        for n in range(ITEMS):
            batch.put_item(Item={"id": f"{n:05}", "group": f"g{n % GROUPS}", "rank": n, "version": 0})
    return table


def change_index(cluster, name, change):
    cluster.client(REGION).update_table(TableName=name, AttributeDefinitions=DEFINITIONS,
                                        GlobalSecondaryIndexUpdates=[change])


def index_status(cluster, name):
    described = cluster.client(REGION).describe_table(TableName=name)["Table"]
    return next((i["IndexStatus"] for i in described.get("GlobalSecondaryIndexes", [])), None)


class Writers:
    """Threads that move, remove, restore and delete items until they are told to end."""

    def __init__(self, cluster, name):
        self.cluster, self.name, self.stop, self.failures, self.written = cluster, name, threading.Event(), [], 0
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(WRITERS)]

    def run(self, seed):
        draw, table = random.Random(seed), self.cluster.resource(REGION).Table(self.name)
        try:
            while not self.stop.is_set():
                key = {"id": f"{draw.randrange(ITEMS // WRITERS) * WRITERS + seed:05}"}
                choice = draw.randrange(4)
                if choice == 0:
                    table.delete_item(Key=key)
                elif choice == 1:
                    table.update_item(Key=key, UpdateExpression="REMOVE #g", ExpressionAttributeNames={"#g": "group"})
                else:
                    table.put_item(Item={**key, "group": f"g{draw.randrange(GROUPS)}", "rank": draw.randrange(1000),
                                         "version": draw.randrange(10**9)})
                self.written += 1
        except Exception as e:  # pylint: disable=broad-except
            self.failures.append(e)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.cluster.wait(lambda: self.written > 100 or self.failures, "writers to write")
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures


def read_all(read, **request):
    items, start = [], {}
    while True:
        page = read(**request, **start)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def by_id(items):
    found = {i["id"]: i for i in items}
    assert len(found) == len(items), "an item was seen twice"
    return found


def assert_index_is_the_table(table):
    expected = {k: i for k, i in by_id(read_all(table.scan)).items() if "group" in i}
    assert by_id(read_all(table.scan, IndexName="byGroup")) == expected
    for group in range(GROUPS):
        found = read_all(table.query, IndexName="byGroup", KeyConditionExpression=Key("group").eq(f"g{group}"))
        assert [i["rank"] for i in found] == sorted(i["rank"] for i in found)
        assert by_id(found) == {k: i for k, i in expected.items() if i["group"] == f"g{group}"}
    described = table.meta.client.describe_table(TableName=table.name)["Table"]["GlobalSecondaryIndexes"][0]
    assert described["ItemCount"] == len(expected)


def test_created_and_deleted_while_writers_write(cluster):
    table = make_table(cluster, "Live")
    for _ in range(2):
        with Writers(cluster, "Live") as writers:
            change_index(cluster, "Live", {"Create": BY_GROUP})
            seen = writers.written
            cluster.wait(lambda: index_status(cluster, "Live") == "ACTIVE", "the index to be filled")
            cluster.wait(lambda: writers.written > seen + 50, "writers to go on")
        assert_index_is_the_table(table)
        with Writers(cluster, "Live"):
            change_index(cluster, "Live", {"Delete": {"IndexName": "byGroup"}})
            with pytest.raises(ClientError, match="does not have the specified index: byGroup"):
                table.query(IndexName="byGroup", KeyConditionExpression=Key("group").eq("g1"))
            cluster.wait(lambda: index_status(cluster, "Live") is None, "the index to be gone")


def test_killed_while_an_index_is_filled(cluster):
    table = make_table(cluster, "Killed")
    change_index(cluster, "Killed", {"Create": BY_GROUP})
    for _ in range(3):
        cluster.kill(REGION)
        cluster.restart(REGION)
        assert index_status(cluster, "Killed") in ("CREATING", "ACTIVE")
    table = cluster.resource(REGION).Table("Killed")
    with Writers(cluster, "Killed"):
        cluster.wait(lambda: index_status(cluster, "Killed") == "ACTIVE", "the index to be filled")
        cluster.kill(REGION)
        cluster.restart(REGION)
    assert_index_is_the_table(cluster.resource(REGION).Table("Killed"))
    change_index(cluster, "Killed", {"Delete": {"IndexName": "byGroup"}})
    cluster.kill(REGION)
    cluster.restart(REGION)
    cluster.wait(lambda: index_status(cluster, "Killed") is None, "the index to be gone")
    assert len(read_all(cluster.resource(REGION).Table("Killed").scan)) > 0


def test_pages_under_concurrent_change(cluster):
    """Entries that nobody touches are seen once and in order by every walk, whatever happens around them."""
    table = make_table(cluster, "Paged", GlobalSecondaryIndexes=[BY_GROUP])
    quiet = {f"quiet{n}" for n in range(300)}
    with table.batch_writer() as batch:
        for n, name in enumerate(sorted(quiet)):
            batch.put_item(Item={"id": name, "group": f"g{n % GROUPS}", "rank": n * 3})
    with Writers(cluster, "Paged"):
        for walk in range(4):
            found = read_all(table.scan, IndexName="byGroup", Limit=500)
            assert sum(i["id"] in quiet for i in found) == len(quiet) == len({i["id"] for i in found} & quiet)
            for forward in (True, False):
                found = read_all(table.query, IndexName="byGroup", KeyConditionExpression=Key("group").eq(f"g{walk}"),
                                 ScanIndexForward=forward, Limit=37)
                ranks = [i["rank"] for i in found]
                assert ranks == sorted(ranks, reverse=not forward)
                assert sum(i["id"] in quiet for i in found) == len(quiet) // GROUPS
    assert_index_is_the_table(table)
