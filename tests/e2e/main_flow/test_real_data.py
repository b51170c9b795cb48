"""The main job with real data: 13,286 records of Debian's iso-codes in a global table of three Regions.

One story, played once with `tropic dev` and once with three `tropic serve` processes: load with boto3, add
replicas with the AWS CLI, update everywhere at once with boto3 and the AWS SDK for JavaScript v3, cut a link and write on
both sides, kill -9, restart, heal, and compare every item of every Region by `verify` and by Scan.

Protects M-01 (all replicas hold the same items), L-04/L-07 (replicas added to a table with data, one at a
time), R-01/R-06/R-07 (local writes go on; nothing is dropped), R-09/R-11 (one winner, whole items).
"""
import json
import os
import subprocess
import threading

import pytest

TABLE = "IsoCodes"
REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
FILES = [("639-3", "alpha_3"), ("3166-1", "alpha_2"), ("3166-2", "code")]


def records():
    """{"standard", "code", ...} of all three lists."""
    found = []
    for standard, code in FILES:
        with open(f"/usr/share/iso-codes/json/iso_{standard}.json", encoding="utf-8") as f:
            for entry in json.load(f)[standard]:
                found.append({"standard": standard, "code": entry[code],
                              **{k: v for k, v in entry.items() if k != "code"}})
    return found


def scan(table):
    items, start = {}, {}
    while True:
        page = table.scan(ConsistentRead=True, **start)
        for item in page["Items"]:
            key = (item["standard"], item["code"])
            assert key not in items, f"Scan gave {key} twice"
            items[key] = item
        if "LastEvaluatedKey" not in page:
            return items
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def update_with_boto3(cluster, region, keys, tag):
    """Returns the acknowledged keys. One client per thread; SDK retries as users have them."""
    table = cluster.resource(region).Table(TABLE)
    for key in keys:
        table.update_item(Key=key, UpdateExpression="SET touchedBy = :t, seen = list_append("
                          "if_not_exists(seen, :none), :r)",
                          ExpressionAttributeValues={":t": tag, ":none": [], ":r": [region]})
    return len(keys)


def update_with_sdk_v3(cluster, region, keys, tag):
    done = subprocess.run(
        [f"{ROOT}/scripts/node/node", f"{ROOT}/tests/js/update.mjs",
         cluster.endpoint(region), region, TABLE, tag], input=json.dumps(keys), capture_output=True,
        text=True, env={**os.environ, **cluster.credentials()}, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def at_once(*calls):
    """Runs the calls side by side; the first failure is the caller's."""
    results, failures = [None] * len(calls), []

    def run(n, call):
        try:
            results[n] = call()
        except BaseException as e:  # noqa: B902 - handed to the test
            failures.append(e)

    threads = [threading.Thread(target=run, args=(n, c)) for n, c in enumerate(calls)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(timeout=180)
        assert not t.is_alive(), "a writer hangs"
    if failures:
        raise failures[0]
    return results


def key_of(record):
    return {"standard": record["standard"], "code": record["code"]}


@pytest.mark.parametrize("kind", ["dev", "serve"])
def test_main_job_with_real_data(make_cluster, kind):
    cluster = make_cluster(kind, REGIONS)
    data = records()
    assert len(data) == 13286

    home = cluster.resource("us-east-1")
    table = home.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "standard", "AttributeType": "S"},
                              {"AttributeName": "code", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "standard", "KeyType": "HASH"},
                   {"AttributeName": "code", "KeyType": "RANGE"}])
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for record in data:
            batch.put_item(Item=record)

    for region in REGIONS[1:]:
        cluster.aws("us-east-1", "dynamodb", "update-table", "--table-name", TABLE, "--replica-updates",
                    json.dumps([{"Create": {"RegionName": region}}]))
        cluster.wait_replica(TABLE, "us-east-1", region)
    described = cluster.aws("eu-west-1", "dynamodb", "describe-table", "--table-name", TABLE)["Table"]
    assert {r["RegionName"] for r in described["Replicas"]} == {"us-east-1", "ap-southeast-2"}
    assert described["GlobalTableVersion"] == "2019.11.21"
    assert described["StreamSpecification"] == {"StreamEnabled": True,
                                                "StreamViewType": "NEW_AND_OLD_IMAGES"}

    # The same keys from all three Regions at once, with two SDKs.
    shared = [key_of(r) for r in data[::40]]
    counts = at_once(
        lambda: update_with_boto3(cluster, "us-east-1", shared, "us"),
        lambda: update_with_sdk_v3(cluster, "eu-west-1", shared, "eu"),
        lambda: update_with_boto3(cluster, "ap-southeast-2", shared, "ap"))
    assert counts == [len(shared)] * 3
    cluster.wait_equal(TABLE)

    # A cut link: both sides go on writing, the same keys and their own.
    cluster.link("us-east-1", "eu-west-1", "--cut")
    both, left, right = ([key_of(r) for r in data[n::150]] for n in (1, 2, 3))
    at_once(lambda: update_with_boto3(cluster, "us-east-1", both + left, "us-cut"),
            lambda: update_with_sdk_v3(cluster, "eu-west-1", both + right, "eu-cut"))
    gone = [key_of(r) for r in data[7::500]]
    doomed = cluster.resource("us-east-1").Table(TABLE)
    for key in gone:
        doomed.delete_item(Key=key)

    # The power fails in one place (in `dev`, in the only process there is), then all is mended.
    cluster.kill("eu-west-1")
    cluster.restart("eu-west-1")
    cluster.link("us-east-1", "eu-west-1", "--heal")
    cluster.wait_equal(TABLE)

    found = [scan(cluster.resource(region).Table(TABLE)) for region in REGIONS]
    assert found[0] == found[1] == found[2]
    items = found[0]
    missing = {tuple(k.values()) for k in gone}
    assert set(items) == {(r["standard"], r["code"]) for r in data} - missing
    plain = {(r["standard"], r["code"]): r for r in data}
    for key, item in items.items():
        base = {k: v for k, v in item.items() if k not in ("touchedBy", "seen")}
        assert base == plain[key], key
    for keys, tags in ((left, {"us-cut"}), (right, {"eu-cut"}), (both, {"us-cut", "eu-cut"})):
        for key in keys:
            if tuple(key.values()) not in missing:
                assert items[tuple(key.values())]["touchedBy"] in tags, key
    # Every key that both sides wrote during the cut had a loser: kept, not lost in silence.
    assert cluster.conflicts(TABLE) >= len(both)
