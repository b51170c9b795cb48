"""UpdateTable with ReplicaUpdates: admission, what DescribeTable shows, settings of a member. global-tables.md section 2."""
import time

import pytest

from calls import DYNAMODB, INVALID

REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]
US, EU, AP = REGIONS
NOT_FOUND, IN_USE = DYNAMODB + "ResourceNotFoundException", DYNAMODB + "ResourceInUseException"


def replicas(*actions):
    return {"ReplicaUpdates": list(actions)}


def create(region, **more):
    return {"Create": {"RegionName": region, **more}}


def describe(tropic, name, region=US):
    return tropic.ok("DescribeTable", {"TableName": name}, region)["Table"]


def wait(tropic, name, region, expected):
    """Until `region` shows its table ACTIVE and exactly these other members ACTIVE."""
    end = time.monotonic() + 60
    while True:
        status, answer = tropic.call("DescribeTable", {"TableName": name}, region)
        if status == 200 and answer["Table"]["TableStatus"] == "ACTIVE":
            shown = {r["RegionName"]: r["ReplicaStatus"] for r in answer["Table"].get("Replicas", [])}
            if shown == {r: "ACTIVE" for r in expected}:
                return answer["Table"]
        assert time.monotonic() < end, answer
        time.sleep(0.05)


def make_global(tropic, name, *others):
    tropic.make_table(name)
    members = [US]
    for region in others:
        tropic.ok("UpdateTable", {"TableName": name, **replicas(create(region))})
        members.append(region)
        for member in members:
            wait(tropic, name, member, [m for m in members if m != member])
    return name


REFUSED = [
    ({**replicas(create(EU)), "TableClass": "STANDARD"},
     INVALID + "Replica modification must be the only operation in the request"),
    ({**replicas(create(EU)), "StreamSpecification": {"StreamEnabled": False}, "MultiRegionConsistency": "EVENTUAL"},
     "Requests that modify replicas or witnesses must not also modify other fields"),
    (replicas({**create(EU), "Delete": {"RegionName": AP}}),
     "Update table operation with more than one type of replica actions not allowed."),
    (replicas({}), "There are no actions specified in the Replica Update Action of the request."),
    (replicas({"Update": {"RegionName": EU}}),
     "There are no actions specified in the Replica Update Action of the request."),
    (replicas(create(EU), create(AP)),
     "Update table operation with more than one create or delete replica actions not allowed"),
    (replicas(create(EU), {"Delete": {"RegionName": AP}}),
     "Update table operation with more than one create or delete replica actions not allowed"),
    ({"ReplicaUpdates": []},
     "1 validation error detected: Value '[]' at 'replicaUpdates' failed to satisfy constraint: Member must have length "
     "greater than or equal to 1"),
    (replicas({"Create": {}}),
     "1 validation error detected: Value null at 'replicaUpdates.1.member.create.regionName' failed to satisfy "
     "constraint: Member must not be null"),
    ({**replicas(create(EU)), "MultiRegionConsistency": "STRONG"}, "Tropic does not support MultiRegionConsistency STRONG yet"),
    ({"MultiRegionConsistency": "EVENTUAL"},
     "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
     "SSESpecification or ReplicaUpdates is required"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused_before_the_table_is_looked_up(tropic, number):
    request, message = REFUSED[number]
    tropic.refused("UpdateTable", {"TableName": "Nowhere", **request}, message)


def test_a_table_that_is_not_there(tropic):
    tropic.refused("UpdateTable", {"TableName": "Nowhere", **replicas(create(EU))},
                   "Requested resource not found: Table: Nowhere not found", NOT_FOUND)


def test_a_key_of_ones_own(tropic):
    tropic.make_table("Keyed")
    tropic.refused("UpdateTable", {"TableName": "Keyed", **replicas(create(EU, KMSMasterKeyId="alias/x"))},
                   INVALID + "KMSMasterKeyId must be specified for each replica.")


def test_the_local_and_an_unknown_region(tropic):
    tropic.make_table("Placed")
    tropic.refused("UpdateTable", {"TableName": "Placed", **replicas(create(US))},
                   "Cannot add or delete the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or "
                   "UpdateTable as required.")
    status, answer = tropic.call("UpdateTable", {"TableName": "Placed", **replicas(create("mars-north-1"))})
    assert status == 400 and answer["message"].startswith(
        "Region mars-north-1 is not supported. The latest version of global tables are only supported in the following "
        "regions: [")
    tropic.refused("UpdateTable", {"TableName": "Placed", **replicas({"Delete": {"RegionName": EU}})},
                   "Update global table operation failed because one or more replicas were not part of the global table. "
                   f"Please retry the request without these replicas: [{EU}].")


def test_members_described(tropic):
    name = "Members"
    tropic.make_table(name)
    answer = tropic.ok("UpdateTable", {"TableName": name, **replicas(create(EU), create(EU))})["TableDescription"]
    assert answer["TableStatus"] == "UPDATING" and answer["GlobalTableVersion"] == "2019.11.21"
    assert answer["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    here, there = wait(tropic, name, US, [EU]), wait(tropic, name, EU, [US])
    warm = {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
    assert here["Replicas"] == [{"RegionName": EU, "ReplicaStatus": "ACTIVE", "WarmThroughput": warm,
                                 "GlobalTableSettingsReplicationMode": "ENABLED_WITH_OVERRIDES"}]
    for field in ("TableName", "TableStatus", "KeySchema", "AttributeDefinitions", "StreamSpecification",
                  "GlobalTableVersion", "GlobalTableSettingsReplicationMode"):
        assert here[field] == there[field]
    for field in ("TableId", "TableArn", "LatestStreamArn"):
        assert here[field] != there[field]
    assert "MultiRegionConsistency" not in here


def test_the_stream_of_a_member_stays(tropic):
    name = make_global(tropic, "Steady", EU)
    tropic.refused("UpdateTable", {"TableName": name, "StreamSpecification": {"StreamEnabled": False}},
                   INVALID + "Disabling Stream is not allowed for a Global Table replica.")
    tropic.refused("UpdateTable", {"TableName": name, "StreamSpecification": {
        "StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}},
                   f"Table already has an enabled stream: TableName: {name}", region=EU)


def test_a_table_of_that_name_is_there_already(tropic):
    tropic.make_table("Taken")
    tropic.ok("CreateTable", {"TableName": "Taken", "BillingMode": "PAY_PER_REQUEST",
                              "AttributeDefinitions": [{"AttributeName": "x", "AttributeType": "N"}],
                              "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}]}, EU)
    status, answer = tropic.call("UpdateTable", {"TableName": "Taken", **replicas(create(EU))})
    assert status == 400 and answer["message"].startswith("Failed to create a the new replica of table with name:")


def test_settings_are_synchronised(tropic):
    name = make_global(tropic, "Settings", EU)
    tropic.ok("UpdateTable", {"TableName": name, "OnDemandThroughput": {"MaxWriteRequestUnits": 7}}, EU)
    wait(tropic, name, EU, [US])
    wait(tropic, name, US, [EU])
    end = time.monotonic() + 60
    while describe(tropic, name).get("OnDemandThroughput", {}).get("MaxWriteRequestUnits") != 7:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_protection_is_each_replicas_own(tropic):
    name = make_global(tropic, "Guarded", EU)
    tropic.ok("UpdateTable", {"TableName": name, "DeletionProtectionEnabled": True}, EU)
    wait(tropic, name, EU, [US])
    wait(tropic, name, US, [EU])
    message = f"Cannot delete table {name} in region {EU} because it has deletion protection enabled. Disable deletion protection first."
    tropic.refused("DeleteTable", {"TableName": name}, message, region=EU)
    tropic.refused("UpdateTable", {"TableName": name, **replicas({"Delete": {"RegionName": EU}})}, message)
    assert describe(tropic, name)["DeletionProtectionEnabled"] is False


def test_the_source_stays_for_a_day(tropic):
    name = make_global(tropic, "Source", EU)
    tropic.refused("DeleteTable", {"TableName": name},
                   "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to "
                   "the table in the last 24 hours.")


def test_a_replica_removed_and_added_again(tropic):
    name = make_global(tropic, "Returning", EU)
    tropic.ok("PutItem", {"TableName": name, "Item": {"pk": {"S": "a"}}})
    tropic.ok("UpdateTable", {"TableName": name, **replicas({"Delete": {"RegionName": EU}})})
    table = wait(tropic, name, US, [])
    assert "Replicas" not in table and "GlobalTableVersion" not in table
    assert table["StreamSpecification"]["StreamEnabled"] is True
    end = time.monotonic() + 60
    while tropic.call("DescribeTable", {"TableName": name}, EU)[0] == 200:
        assert time.monotonic() < end
        time.sleep(0.05)
    tropic.ok("UpdateTable", {"TableName": name, **replicas(create(EU))})
    wait(tropic, name, EU, [US])
    assert tropic.ok("GetItem", {"TableName": name, "Key": {"pk": {"S": "a"}}}, EU) == {"Item": {"pk": {"S": "a"}}}


def test_overrides_of_a_replica(tropic):
    name = make_global(tropic, "Overridden", EU)
    tropic.ok("UpdateTable", {"TableName": name, **replicas({"Update": {
        "RegionName": EU, "TableClassOverride": "STANDARD_INFREQUENT_ACCESS",
        "OnDemandThroughputOverride": {"MaxReadRequestUnits": 50}}})})
    end = time.monotonic() + 60
    while True:
        replica = wait(tropic, name, US, [EU])["Replicas"][0]
        if replica.get("OnDemandThroughputOverride") == {"MaxReadRequestUnits": 50}:
            break
        assert time.monotonic() < end, replica
        time.sleep(0.05)
    assert replica["ReplicaTableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert describe(tropic, name, EU)["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert "TableClassSummary" not in describe(tropic, name)
