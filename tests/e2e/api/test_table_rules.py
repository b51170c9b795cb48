"""Rules of hours and days about tables, tested by moving the Region's clock: time to live, decreases of throughput,
switches of the billing mode, changes of the class. Source: dynamodb-tables-streams.md sections 4 and 6."""
import json
import os
import subprocess
import time

import pytest

from calls import DYNAMODB, ENVELOPE, INVALID, Tropic

US = "us-east-1"
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
LIMIT, NOT_FOUND = DYNAMODB + "LimitExceededException", DYNAMODB + "ResourceNotFoundException"
TOO_OFTEN = "Time to live has been modified multiple times within a fixed interval"


@pytest.fixture(scope="module")
def moving(make_cluster_module):
    """A server, and a function that says by how much its clock is ahead."""
    cluster = make_cluster_module("dev", [US], in_memory=True)
    return Tropic(cluster.endpoint(US)), lambda by: cluster.tropic(US, "clock", US, by)


@pytest.fixture
def clocked(moving):
    moving[1]("+0s")
    yield moving
    moving[1]("+0s")


def wait(condition):
    """Until the condition holds; what it saw last is in the failure."""
    end = time.monotonic() + 60
    while not (seen := condition()):
        assert time.monotonic() < end, seen
        time.sleep(0.05)
    return seen


def ttl(tropic, name, enabled=True, attribute="ttl"):
    return {"TableName": name, "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": attribute}}


def ttl_of(tropic, name):
    return tropic.ok("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]


def keys(tropic, name):
    return {item["pk"]["S"] for item in tropic.ok("Scan", {"TableName": name})["Items"]}


def test_items_expire_and_their_records_say_who_did_it(clocked):
    tropic, _ = clocked
    tropic.make_table("Expiring", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    now = int(time.time())
    values = {"due": {"N": str(now - 5)}, "later": {"N": str(now + 3600)}, "text": {"S": str(now - 5)},
              "old": {"N": str(now - 6 * 365 * 86400)}, "milliseconds": {"N": str(now * 1000)}}
    for pk, value in values.items():
        tropic.ok("PutItem", {"TableName": "Expiring", "Item": {"pk": {"S": pk}, "ttl": value}})
    specification = ttl(tropic, "Expiring")
    assert tropic.ok("UpdateTimeToLive", specification) == {
        "TimeToLiveSpecification": specification["TimeToLiveSpecification"]}
    wait(lambda: ttl_of(tropic, "Expiring") == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"})
    wait(lambda: keys(tropic, "Expiring") == values.keys() - {"due"})
    tropic.ok("DeleteItem", {"TableName": "Expiring", "Key": {"pk": {"S": "text"}}})
    removed = [record for record in records(tropic, "Expiring") if record["eventName"] == "REMOVE"]
    assert {record["dynamodb"]["Keys"]["pk"]["S"]: record.get("userIdentity") for record in removed} == {
        "due": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}, "text": None}
    table = tropic.ok("DescribeTable", {"TableName": "Expiring"})["Table"]
    assert table["ItemCount"] == 3


def records(tropic, name):
    arn = tropic.ok("DescribeTable", {"TableName": name})["Table"]["LatestStreamArn"]
    for shard in tropic.ok("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]:
        iterator = tropic.ok("GetShardIterator", {"StreamArn": arn, "ShardId": shard["ShardId"],
                                                  "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
        yield from tropic.ok("GetRecords", {"ShardIterator": iterator})["Records"]


def test_an_item_expires_by_the_clock_of_its_region(clocked):
    tropic, clock = clocked
    tropic.make_table("Clock")
    tropic.ok("UpdateTimeToLive", ttl(tropic, "Clock"))
    soon = str(int(time.time()) + 1800)
    for pk in ("stays", "goes"):
        tropic.ok("PutItem", {"TableName": "Clock", "Item": {"pk": {"S": pk}, "ttl": {"N": soon}}})
    tropic.ok("UpdateItem", {"TableName": "Clock", "Key": {"pk": {"S": "stays"}}, "UpdateExpression": "REMOVE #t",
                             "ExpressionAttributeNames": {"#t": "ttl"}})
    assert keys(tropic, "Clock") == {"stays", "goes"}
    clock("+1h")
    wait(lambda: keys(tropic, "Clock") == {"stays"})


def test_time_to_live_is_changed_once_an_hour(clocked):
    tropic, clock = clocked
    tropic.make_table("Hourly")
    assert ttl_of(tropic, "Hourly") == {"TimeToLiveStatus": "DISABLED"}
    tropic.refused("UpdateTimeToLive", ttl(tropic, "Hourly", False), "TimeToLive is already disabled")
    tropic.ok("UpdateTimeToLive", ttl(tropic, "Hourly"))
    tropic.refused("UpdateTimeToLive", ttl(tropic, "Hourly"), "TimeToLive is already enabled")
    tropic.refused("UpdateTimeToLive", ttl(tropic, "Hourly", attribute="other"),
                   "TimeToLive is active on a different AttributeName: current AttributeName is ttl")
    tropic.refused("UpdateTimeToLive", ttl(tropic, "Hourly", False), TOO_OFTEN)
    clock("+3599s")
    tropic.refused("UpdateTimeToLive", ttl(tropic, "Hourly", False), TOO_OFTEN)
    clock("+3602s")
    tropic.ok("UpdateTimeToLive", ttl(tropic, "Hourly", False))
    assert ttl_of(tropic, "Hourly") == {"TimeToLiveStatus": "DISABLED"}
    tropic.refused("UpdateTimeToLive", ttl(tropic, "Hourly", attribute="other"), TOO_OFTEN)
    clock("+7205s")
    tropic.ok("UpdateTimeToLive", ttl(tropic, "Hourly", attribute="other"))


@pytest.mark.parametrize("body,message", [
    ({}, "The parameter 'TableName' is required but was not present in the request"),
    ({"TableName": "ab", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "a"}},
     "TableName must be at least 3 characters long and at most 255 characters long"),
    ({"TableName": "abc"},
     ENVELOPE + "Value null at 'timeToLiveSpecification' failed to satisfy constraint: Member must not be null"),
    (ttl(None, "abc", attribute=""),
     ENVELOPE + "Value '' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: "
     "Member must have length greater than or equal to 1")])
def test_a_change_of_time_to_live_that_is_refused(clocked, body, message):
    clocked[0].refused("UpdateTimeToLive", body, message)


def test_time_to_live_of_a_table_that_is_not_there(clocked):
    message = "Requested resource not found: Table: Missing not found"
    clocked[0].refused("UpdateTimeToLive", ttl(None, "Missing"), message, NOT_FOUND)
    clocked[0].refused("DescribeTimeToLive", {"TableName": "Missing"}, message, NOT_FOUND)


# ---- throughput ----

def make_provisioned(tropic, name, units):
    tropic.ok("CreateTable", {
        "TableName": name, "ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units},
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]})


def provision(tropic, name, units):
    return tropic.call("UpdateTable", {"TableName": name, "ProvisionedThroughput": {
        "ReadCapacityUnits": units, "WriteCapacityUnits": units}})


def table_of(tropic, name):
    return tropic.ok("DescribeTable", {"TableName": name})["Table"]


def refused_for(answer, start):
    assert answer[0] == 400 and answer[1]["__type"] == LIMIT and answer[1]["message"].startswith(start), answer


def to_noon():
    """Seconds from now to the next noon UTC: hours around it are of one day."""
    return 86400 - int(time.time() + 43200) % 86400


def test_decreases_are_limited_by_day_and_hour(clocked):
    tropic, clock = clocked
    noon, limited = to_noon(), "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day"
    clock(f"+{noon}s")
    make_provisioned(tropic, "Decreased", 100)
    for i in range(4):
        assert provision(tropic, "Decreased", 99 - i)[0] == 200
    assert table_of(tropic, "Decreased")["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    refused_for(provision(tropic, "Decreased", 90), limited)
    assert provision(tropic, "Decreased", 97)[0] == 200, "an increase is free"
    clock(f"+{noon + 3603}s")
    assert provision(tropic, "Decreased", 80)[0] == 200
    refused_for(provision(tropic, "Decreased", 70), limited)
    assert table_of(tropic, "Decreased")["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 5
    clock(f"+{noon + 86400}s")
    assert table_of(tropic, "Decreased")["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    assert provision(tropic, "Decreased", 70)[0] == 200


def test_switches_to_on_demand_are_limited_to_four_in_a_day(clocked):
    tropic, clock = clocked
    make_provisioned(tropic, "Switched", 5)
    back = {"TableName": "Switched", "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}
    on_demand = {"TableName": "Switched", "BillingMode": "PAY_PER_REQUEST"}
    for _ in range(4):
        tropic.ok("UpdateTable", on_demand)
        tropic.ok("UpdateTable", back)
    refused_for(tropic.call("UpdateTable", on_demand), "Subscriber limit exceeded: Update to PayPerRequest mode are limited to")
    clock("+86405s")
    tropic.ok("UpdateTable", on_demand)
    assert table_of(tropic, "Switched")["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_the_class_changes_twice_in_thirty_days(clocked):
    tropic, clock = clocked
    tropic.make_table("Classed")

    def change(name):
        return tropic.call("UpdateTable", {"TableName": "Classed", "TableClass": name})
    assert change("STANDARD")[0] == change("STANDARD_INFREQUENT_ACCESS")[0] == change("STANDARD")[0] == 200
    refused_for(change("STANDARD_INFREQUENT_ACCESS"), "Subscriber limit exceeded: Update to TableClass are limited to")
    assert change("STANDARD")[0] == 200, "no change"
    clock("+721h")
    assert change("STANDARD_INFREQUENT_ACCESS")[0] == 200
    assert table_of(tropic, "Classed")["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


def warm(read, write):
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write}


def test_warm_throughput_grows_and_never_shrinks(clocked):
    tropic, _ = clocked
    active = {"Status": "ACTIVE"}
    tropic.make_table("Warm", WarmThroughput={"ReadUnitsPerSecond": 15000})
    assert table_of(tropic, "Warm")["WarmThroughput"] == {**warm(15000, 4000), **active}
    tropic.ok("UpdateTable", {"TableName": "Warm", "WarmThroughput": warm(15000, 5000)})
    assert table_of(tropic, "Warm")["WarmThroughput"] == {**warm(15000, 5000), **active}
    tropic.refused("UpdateTable", {"TableName": "Warm", "WarmThroughput": warm(14999, 5000)},
                   INVALID + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than 15000; "
                   "decreasing WarmThroughput is not supported")
    tropic.refused("UpdateTable", {"TableName": "Warm", "WarmThroughput": {"ReadUnitsPerSecond": 0}},
                   ENVELOPE + "Value '0' at 'warmThroughput.readUnitsPerSecond' failed to satisfy constraint: "
                   "Member must have value greater than or equal to 1")
    make_provisioned(tropic, "WarmProvisioned", 50)
    provision(tropic, "WarmProvisioned", 70)
    provision(tropic, "WarmProvisioned", 20)
    assert table_of(tropic, "WarmProvisioned")["WarmThroughput"] == {**warm(70, 70), **active}


def test_settings_through_the_sdk_for_javascript(clocked):
    tropic, _ = clocked
    run = subprocess.run([f"{ROOT}/scripts/node/node", f"{ROOT}/tests/js/tables.mjs",
                          tropic.endpoint, US, "FromNode"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "tags": 12, "echoed": {"Enabled": True, "AttributeName": "expires"},
        "again": ["ValidationException", "TimeToLive is already enabled"],
        "lower": ["ValidationException", INVALID + "Requested ReadUnitsPerSecond for WarmThroughput for table is lower "
                  "than 13000; decreasing WarmThroughput is not supported"],
        "warm": {**warm(13000, 6000), "Status": "ACTIVE"},
        "onDemand": {"MaxReadRequestUnits": 40000, "MaxWriteRequestUnits": -1}}


# ---- kinds of changes ----

def indexed(name, units):
    keys = [{"AttributeName": "ik", "KeyType": "HASH"}]
    return {"TableName": name, "ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units},
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "ik")],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "GlobalSecondaryIndexes": [
                {"IndexName": "idx", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"},
                 "ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units}}]}


def test_an_index_has_decreases_of_its_own(clocked):
    tropic, clock = clocked
    noon = to_noon()
    clock(f"+{noon}s")
    tropic.ok("CreateTable", indexed("DecreasedIndex", 100))

    def provision_index(units):
        return tropic.call("UpdateTable", {"TableName": "DecreasedIndex", "GlobalSecondaryIndexUpdates": [{"Update": {
            "IndexName": "idx", "ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units}}}]})
    for i in range(4):
        assert provision_index(99 - i)[0] == 200
    refused_for(provision_index(90), "Subscriber limit exceeded: Provisioned throughput decreases are limited")
    assert provision(tropic, "DecreasedIndex", 90)[0] == 200, "the table's are its own"
    table = table_of(tropic, "DecreasedIndex")
    assert table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    assert table["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1


def test_one_heavy_change_at_a_time(clocked):
    tropic, _ = clocked
    tropic.ok("CreateTable", indexed("Heavy", 5))
    delete = {"TableName": "Heavy", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "idx"}}]}
    tropic.refused("UpdateTable", {**delete, "ProvisionedThroughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 6}},
                   INVALID + "You cannot create or delete an index while updating table IOPS")
    tropic.refused("UpdateTable", {**delete, "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
                   INVALID + "You cannot modify stream status while creating or deleting an index")
