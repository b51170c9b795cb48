"""CreateTable, DescribeTable, UpdateTable, DeleteTable, ListTables. Source: dynamodb-tables-streams.md sections 1 to 5."""
import re

import pytest

from calls import DYNAMODB, INVALID

NOT_FOUND, IN_USE = DYNAMODB + "ResourceNotFoundException", DYNAMODB + "ResourceInUseException"
HASH = [{"AttributeName": "pk", "KeyType": "HASH"}]
BOTH = HASH + [{"AttributeName": "sk", "KeyType": "RANGE"}]
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


def definitions(*names):
    return [{"AttributeName": n, "AttributeType": "S"} for n in names]


def create(name, keys=HASH, names=("pk",), **more):
    return {"TableName": name, "KeySchema": keys, "AttributeDefinitions": definitions(*names),
            **({"BillingMode": "PAY_PER_REQUEST"} if not more.keys() & {"ProvisionedThroughput", "BillingMode"} else {}),
            **more}


def describe(tropic, name):
    return tropic.ok("DescribeTable", {"TableName": name})["Table"]


def test_a_provisioned_table_described(tropic):
    made = tropic.ok("CreateTable", create("Provisioned", BOTH, ("pk", "sk"), ProvisionedThroughput=UNITS))
    assert made["TableDescription"]["TableStatus"] == "CREATING"
    table = describe(tropic, "Provisioned")
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", table.pop("TableId"))
    assert table.pop("CreationDateTime") > 1.7e9
    assert table == {
        "TableName": "Provisioned", "TableStatus": "ACTIVE", "KeySchema": BOTH, "ItemCount": 0, "TableSizeBytes": 0,
        "AttributeDefinitions": definitions("pk", "sk"), "DeletionProtectionEnabled": False,
        "TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Provisioned",
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **UNITS},
        "WarmThroughput": {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6, "Status": "ACTIVE"}}


def test_an_on_demand_table_described(tropic):
    tropic.ok("CreateTable", create("OnDemand", TableClass="STANDARD_INFREQUENT_ACCESS", DeletionProtectionEnabled=True,
                                    OnDemandThroughput={"MaxReadRequestUnits": 10},
                                    StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}))
    table = describe(tropic, "OnDemand")
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": -1}
    assert table["TableClassSummary"] == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert table["DeletionProtectionEnabled"] is True
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert table["LatestStreamArn"] == table["TableArn"] + "/stream/" + table["LatestStreamLabel"]
    assert "Replicas" not in table and "GlobalTableVersion" not in table


def test_items_and_bytes_are_counted(tropic):
    tropic.ok("CreateTable", create("Counted"))
    tropic.ok("PutItem", {"TableName": "Counted", "Item": {"pk": {"S": "a"}, "v": {"S": "12345"}}})
    table = describe(tropic, "Counted")
    assert (table["ItemCount"], table["TableSizeBytes"]) == (1, 9)


CREATE_REFUSED = [
    ({}, "The parameter 'TableName' is required but was not present in the request"),
    (create("abc", ProvisionedThroughput=UNITS, BillingMode="PAY_PER_REQUEST"),
     INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
    (create("abc", BillingMode="PROVISIONED"),
     INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
    (create("abc", ProvisionedThroughput={"ReadCapacityUnits": 1000000000001, "WriteCapacityUnits": 1}),
     "Given value 1000000000001 for ReadCapacityUnits is out of bounds"),
    (create("abc", BOTH, ("pk",)), "Invalid KeySchema: Some index key attribute have no definition"),
    (create("abc", BOTH, ("pk", "other")),
     INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk, sk], "
     "AttributeDefinitions: [pk, other]"),
    (create("abc", [HASH[0], {"AttributeName": "pk", "KeyType": "RANGE"}], ("pk", "sk")),
     "Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    (create("abc", [{"AttributeName": "pk", "KeyType": "RANGE"}]),
     "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    (create("abc", [HASH[0], {"AttributeName": "sk", "KeyType": "HASH"}], ("pk", "sk")),
     "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
    (create("abc", HASH, ("pk", "sk")),
     INVALID + "Number of attributes in KeySchema does not exactly match number of attributes defined in "
     "AttributeDefinitions"),
    (create("abc", StreamSpecification={"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}),
     INVALID + "Table is being created with a stream disabled, UpdateViewType should not be specified"),
    (create("abc", ProvisionedThroughput=UNITS, OnDemandThroughput={"MaxReadRequestUnits": 5}),
     INVALID + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."),
    (create("abc", OnDemandThroughput={"MaxReadRequestUnits": 0}),
     INVALID + "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"),
]


@pytest.mark.parametrize("number", range(len(CREATE_REFUSED)))
def test_a_table_that_is_refused(tropic, number):
    request, message = CREATE_REFUSED[number]
    tropic.refused("CreateTable", request, message)


def test_a_table_exists_once(tropic):
    tropic.ok("CreateTable", create("Once"))
    tropic.refused("CreateTable", create("Once"), "Table already exists: Once", IN_USE)


def test_names_come_in_order_and_pages(tropic):
    for name in ("list-b", "list-a", "list.c", "list_d"):
        tropic.ok("CreateTable", create(name))
    names, start = [], {}
    while True:
        page = tropic.ok("ListTables", {"Limit": 2, **start})
        names += page["TableNames"]
        if "LastEvaluatedTableName" not in page:
            break
        start = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}
    assert names == sorted(names) and {"list-a", "list-b", "list.c", "list_d"} <= set(names)
    assert tropic.ok("ListTables", {"ExclusiveStartTableName": "list-aa", "Limit": 1})["TableNames"] == ["list-b"]
    tropic.refused("ListTables", {"Limit": 101, "ExclusiveStartTableName": "a;"},
                   "3 validation errors detected: Value 'a;' at 'exclusiveStartTableName' failed to satisfy constraint: "
                   "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a;' at "
                   "'exclusiveStartTableName' failed to satisfy constraint: Member must have length greater than or "
                   "equal to 3; Value '101' at 'limit' failed to satisfy constraint: Member must have value less than "
                   "or equal to 100")


def test_delete(tropic):
    tropic.ok("CreateTable", create("Deleted"))
    tropic.ok("PutItem", {"TableName": "Deleted", "Item": {"pk": {"S": "a"}}})
    assert tropic.ok("DeleteTable", {"TableName": "Deleted"})["TableDescription"]["TableStatus"] == "DELETING"
    message = "Requested resource not found: Table: Deleted not found"
    for operation in ("DescribeTable", "DeleteTable"):
        tropic.refused(operation, {"TableName": "Deleted"}, message, NOT_FOUND)
    tropic.refused("UpdateTable", {"TableName": "Deleted", "TableClass": "STANDARD"}, message, NOT_FOUND)
    tropic.ok("CreateTable", create("Deleted"))
    assert tropic.ok("Scan", {"TableName": "Deleted"})["Items"] == []


def test_a_protected_table_stays(tropic):
    tropic.ok("CreateTable", create("Protected", DeletionProtectionEnabled=True))
    tropic.refused("DeleteTable", {"TableName": "Protected"},
                   "Resource cannot be deleted as it is currently protected against deletion. Disable deletion "
                   "protection first.")
    tropic.ok("UpdateTable", {"TableName": "Protected", "DeletionProtectionEnabled": False})
    tropic.ok("DeleteTable", {"TableName": "Protected"})


def test_throughput_and_billing_change(tropic):
    tropic.ok("CreateTable", create("Billing", ProvisionedThroughput=UNITS))
    answer = tropic.ok("UpdateTable", {"TableName": "Billing",
                                       "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 1}})
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"
    throughput = describe(tropic, "Billing")["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (7, 1)
    assert "LastIncreaseDateTime" in throughput and "LastDecreaseDateTime" in throughput
    assert "BillingModeSummary" not in describe(tropic, "Billing")
    tropic.ok("UpdateTable", {"TableName": "Billing", "BillingMode": "PAY_PER_REQUEST"})
    tropic.refused("UpdateTable", {"TableName": "Billing", "ProvisionedThroughput": UNITS},
                   INVALID + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                   "PAY_PER_REQUEST")
    tropic.ok("UpdateTable", {"TableName": "Billing", "OnDemandThroughput": {"MaxWriteRequestUnits": 9}})
    assert describe(tropic, "Billing")["OnDemandThroughput"]["MaxWriteRequestUnits"] == 9
    tropic.ok("UpdateTable", {"TableName": "Billing", "OnDemandThroughput": {"MaxWriteRequestUnits": -1}})
    assert "OnDemandThroughput" not in describe(tropic, "Billing")
    tropic.ok("UpdateTable", {"TableName": "Billing", "BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS})
    assert describe(tropic, "Billing")["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    tropic.ok("UpdateTable", {"TableName": "Billing", "TableClass": "STANDARD_INFREQUENT_ACCESS"})
    assert describe(tropic, "Billing")["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


def test_the_stream_is_switched(tropic):
    tropic.ok("CreateTable", create("Streamed", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}))
    first = describe(tropic, "Streamed")["LatestStreamArn"]
    on = {"TableName": "Streamed", "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}}
    tropic.refused("UpdateTable", on, "Table already has an enabled stream: TableName: Streamed")
    tropic.ok("UpdateTable", {"TableName": "Streamed", "StreamSpecification": {"StreamEnabled": False}})
    assert "StreamSpecification" not in describe(tropic, "Streamed")
    tropic.ok("UpdateTable", on)
    table = describe(tropic, "Streamed")
    assert table["StreamSpecification"]["StreamViewType"] == "OLD_IMAGE" and table["LatestStreamArn"] != first


UPDATE_REFUSED = [
    ({}, "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
     "SSESpecification or ReplicaUpdates is required"),
    ({"AttributeDefinitions": definitions("pk")},
     "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
     "SSESpecification or ReplicaUpdates is required"),
    ({"BillingMode": "PROVISIONED"},
     INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"),
    ({"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
     INVALID + "If stream is being disabled, then UpdateViewType must not be specified"),
    ({"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
      "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
     INVALID + "You cannot modify stream status while updating table IOPS"),
    ({"ProvisionedThroughput": UNITS},
     "The provisioned throughput for the table will not change. The requested value equals the current value. Current "
     "ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. Current WriteCapacityUnits "
     "provisioned for the table: 6. Requested WriteCapacityUnits: 6. Refer to the Amazon DynamoDB Developer Guide for "
     "current limits and how to request higher limits."),
    ({"OnDemandThroughput": {"MaxReadRequestUnits": 1}},
     INVALID + "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"),
    ({"ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}},
     "1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: "
     "Member must have value greater than or equal to 1"),
]


@pytest.mark.parametrize("number", range(len(UPDATE_REFUSED)))
def test_an_update_that_is_refused(tropic, number):
    tropic.call("CreateTable", create("Refusing", ProvisionedThroughput=UNITS))
    request, message = UPDATE_REFUSED[number]
    tropic.refused("UpdateTable", {"TableName": "Refusing", **request}, message)


def test_the_service_describes_itself(tropic):
    assert tropic.ok("DescribeLimits", {})["TableMaxReadCapacityUnits"] == 40000
    assert tropic.ok("DescribeEndpoints", {})["Endpoints"] == [{"Address": tropic.host, "CachePeriodInMinutes": 1440}]
