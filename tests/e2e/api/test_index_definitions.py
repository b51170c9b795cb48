"""Secondary indexes of CreateTable, UpdateTable and every TableDescription.

Sources: dynamodb-tables-streams.md sections 3 and 4, dynamodb-partiql-vector.md section 2.
"""
import pytest

from calls import DYNAMODB, INVALID, wait_for

NOT_FOUND, IN_USE = DYNAMODB + "ResourceNotFoundException", DYNAMODB + "ResourceInUseException"
LIMIT = DYNAMODB + "LimitExceededException"
ALL, KEYS_ONLY = {"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"}
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
ONE_ONLINE = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


def key(*names, hashes=1):
    return [{"AttributeName": n, "KeyType": "HASH" if i < hashes else "RANGE"} for i, n in enumerate(names)]


def definitions(*names):
    return [{"AttributeName": n.split(":")[0], "AttributeType": (n.split(":") + ["S"])[1]} for n in names]


def index(name, *names, hashes=1, projection=None, **more):
    return {"IndexName": name, "KeySchema": key(*names, hashes=hashes), "Projection": projection or ALL, **more}


def create(name, keys=("pk", "sk"), names=("pk", "sk"), local=None, glob=None, **more):
    request = {"TableName": name, "KeySchema": key(*keys), "AttributeDefinitions": definitions(*names), **more}
    if local is not None:
        request["LocalSecondaryIndexes"] = local
    if glob is not None:
        request["GlobalSecondaryIndexes"] = glob
    if "ProvisionedThroughput" not in more:
        request.setdefault("BillingMode", "PAY_PER_REQUEST")
    return request


def describe(tropic, name):
    return tropic.ok("DescribeTable", {"TableName": name})["Table"]


def indexes(tropic, name):
    return {i["IndexName"]: i for i in describe(tropic, name).get("GlobalSecondaryIndexes", [])}


def test_indexes_described(tropic):
    made = tropic.ok("CreateTable", create(
        "Described", names=("pk", "sk", "g", "h:N", "l:B"),
        local=[index("local", "pk", "l", projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]})],
        glob=[index("global", "g", "h"), index("keys", "g", projection=KEYS_ONLY,
                                               OnDemandThroughput={"MaxReadRequestUnits": 9})]))["TableDescription"]
    assert [i["IndexStatus"] for i in made["GlobalSecondaryIndexes"]] == ["CREATING", "CREATING"]
    assert "Backfilling" not in made["GlobalSecondaryIndexes"][0]
    table = describe(tropic, "Described")
    arn = table["TableArn"] + "/index/"
    assert sorted(table["AttributeDefinitions"], key=lambda d: d["AttributeName"]) == definitions(
        "g", "h:N", "l:B", "pk", "sk")
    assert table["LocalSecondaryIndexes"] == [{
        "IndexName": "local", "KeySchema": key("pk", "l"), "IndexArn": arn + "local", "IndexSizeBytes": 0, "ItemCount": 0,
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]}}]
    warm = {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
    none = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    assert table["GlobalSecondaryIndexes"] == [
        {"IndexName": "global", "KeySchema": key("g", "h"), "IndexArn": arn + "global", "IndexSizeBytes": 0, "ItemCount": 0,
         "Projection": ALL, "IndexStatus": "ACTIVE", "ProvisionedThroughput": none, "WarmThroughput": warm},
        {"IndexName": "keys", "KeySchema": key("g"), "IndexArn": arn + "keys", "IndexSizeBytes": 0, "ItemCount": 0,
         "Projection": KEYS_ONLY, "IndexStatus": "ACTIVE", "ProvisionedThroughput": none, "WarmThroughput": warm,
         "OnDemandThroughput": {"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": -1}}]


def test_entries_are_counted(tropic):
    tropic.ok("CreateTable", create("CountedEntries", names=("pk", "sk", "g"), glob=[index("one", "g", projection=KEYS_ONLY)]))
    for n in range(3):
        tropic.ok("PutItem", {"TableName": "CountedEntries", "Item": {
            "pk": {"S": "a"}, "sk": {"S": str(n)}, "v": {"S": "x" * 100}, **({"g": {"S": "q"}} if n else {})}})
    counted = indexes(tropic, "CountedEntries")["one"]
    assert (counted["ItemCount"], counted["IndexSizeBytes"]) == (2, 2 * len("pkaskNgq"))


def test_keys_of_several_attributes(tropic):
    names = [f"h{i}" for i in range(4)] + [f"r{i}" for i in range(4)]
    tropic.ok("CreateTable", create("Several", names=("pk", "sk", *names), glob=[index("wide", *names, hashes=4)]))
    assert indexes(tropic, "Several")["wide"]["KeySchema"] == key(*names, hashes=4)


PK_SK_A = ("pk", "sk", "a")
P = {"ProvisionedThroughput": UNITS}
CREATE_REFUSED = [
    (create("abc", local=[]), INVALID + "List of LocalSecondaryIndexes is empty"),
    (create("abc", ("pk",), ("pk", "a"), local=[index("one", "pk", "a")]),
     INVALID + "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"),
    (create("abc", local=[index("one", "pk", "a")]),
     INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [pk, a], "
     "AttributeDefinitions: [pk, sk]"),
    (create("abc", local=[index("one", "pk", "pk")]),
     "Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    (create("abc", local=[index("one", "pk", "sk", hashes=0)]),
     "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    (create("abc", local=[index("one", "pk", "sk", hashes=2)]),
     "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
    (create("abc", local=[index("one", "pk")]), INVALID + "Index KeySchema does not have a range key for index: one"),
    (create("abc", names=PK_SK_A, local=[index("one", "sk", "a")]),
     INVALID + "Index KeySchema does not have the same leading hash key as table KeySchema for index: one. index hash key: "
     "sk, table hash key: pk"),
    (create("abc", local=[{**index("one", "pk", "sk"), "Projection": {}}]), INVALID + "Unknown ProjectionType: null"),
    (create("abc", local=[index("one", "pk", "sk", projection={"ProjectionType": "ALL", "NonKeyAttributes": ["a"]})]),
     INVALID + "ProjectionType is ALL, but NonKeyAttributes is specified"),
    (create("abc", glob=[index("one", "pk", projection={"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["a"]})]),
     INVALID + "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"),
    (create("abc", glob=[index("one", "pk", projection={"ProjectionType": "INCLUDE"})]),
     INVALID + "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
    (create("abc", local=[index("one", "pk", "sk")], glob=[index("one", "sk")]), INVALID + "Duplicate index name: one"),
    (create("abc", local=[index(f"index{i}", "pk", "sk") for i in range(6)]),
     INVALID + "Number of LocalSecondaryIndexes exceeds per-table limit of 5"),
    (create("abc", glob=[]), INVALID + "List of GlobalSecondaryIndexes is empty"),
    (create("abc", glob=[index("one", "pk", **P)]),
     INVALID + "ProvisionedThroughput should not be specified for index: one when BillingMode is PAY_PER_REQUEST"),
    (create("abc", glob=[index("one", "pk")], **P), INVALID + "ProvisionedThroughput is not specified for index: one"),
    (create("abc", glob=[index(f"index{i}", "pk") for i in range(21)]),
     INVALID + "GlobalSecondaryIndex count exceeds the per-table limit of 20"),
    (create("abc", names=("pk", "sk", "a", "b"), glob=[index("one", "a")]),
     INVALID + "Some AttributeDefinitions are not used. AttributeDefinitions: [pk, sk, a, b], keys used: [pk, sk, a]"),
    (create("abc", glob=[index(f"index{i}", "pk", projection={
        "ProjectionType": "INCLUDE", "NonKeyAttributes": [f"n{n}" for n in range(20)]}) for i in range(6)]),
     INVALID + "Number of attributes projected into all secondary indexes exceeds the per-table limit of 100"),
    (create("abc", local=[index("one", "pk", "sk", projection={
        "ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"] * 21})]),
     "1 validation error detected: Value '[" + ", ".join(["a"] * 21) + "]' at 'localSecondaryIndexes.1.member.projection."
     "nonKeyAttributes' failed to satisfy constraint: Member must have length less than or equal to 20"),
    (create("abc", names=("pk", "sk", "pk:N"), glob=[index("one", "pk")]), INVALID + "Cannot redefine attribute 'pk'"),
    (create("abc", glob=[index("one", "pk", "sk", hashes=0)]),
     "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
]


@pytest.mark.parametrize("number", range(len(CREATE_REFUSED)))
def test_an_index_that_is_refused(tropic, number):
    request, message = CREATE_REFUSED[number]
    tropic.refused("CreateTable", request, message)


# ---- UpdateTable ----

def update(name, *changes, attributes=None, **more):
    request = {"TableName": name, "GlobalSecondaryIndexUpdates": list(changes), **more}
    if attributes:
        request["AttributeDefinitions"] = definitions(*attributes)
    return request


def wait_active(tropic, name):
    wait_for(lambda: all(i["IndexStatus"] == "ACTIVE" for i in indexes(tropic, name).values()))


def test_an_index_is_added_and_removed(tropic):
    tropic.ok("CreateTable", create("Changing"))
    for n in range(5):
        tropic.ok("PutItem", {"TableName": "Changing", "Item": {
            "pk": {"S": "a"}, "sk": {"S": str(n)}, "g": {"S": "q"} if n else {"N": "0"}}})
    answer = tropic.ok("UpdateTable", update("Changing", {"Create": index("added", "g")}, attributes=("g",)))
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"
    wait_active(tropic, "Changing")
    added = indexes(tropic, "Changing")["added"]
    assert added["ItemCount"] == 4 and "Backfilling" not in added
    assert describe(tropic, "Changing")["AttributeDefinitions"] == definitions("pk", "sk", "g")
    tropic.refused("UpdateTable", update("Changing", {"Create": index("added", "g")}, attributes=("g",)),
                   "Attempting to create an index which already exists")
    tropic.ok("UpdateTable", update("Changing", {"Delete": {"IndexName": "added"}}))
    wait_for(lambda: not indexes(tropic, "Changing"))
    table = describe(tropic, "Changing")
    assert "GlobalSecondaryIndexes" not in table and table["AttributeDefinitions"] == definitions("pk", "sk")


def test_throughput_of_indexes(tropic):
    tropic.ok("CreateTable", create("Metered", glob=[index("one", "sk", **P), index("two", "sk", "pk", **P)], **P))
    more = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3}
    tropic.ok("UpdateTable", update("Metered", {"Update": {"IndexName": "one", "ProvisionedThroughput": more}},
                                    {"Update": {"IndexName": "two", "ProvisionedThroughput": more}}))
    wait_active(tropic, "Metered")
    changed = indexes(tropic, "Metered")["two"]["ProvisionedThroughput"]
    assert changed["LastIncreaseDateTime"] and changed["LastDecreaseDateTime"]
    assert {n: changed[n] for n in more} == more
    tropic.refused("UpdateTable", update("Metered", {"Update": {"IndexName": "one", "ProvisionedThroughput": more}}),
                   "The provisioned throughput for the index one will not change. The requested value equals the current "
                   "value. Current ReadCapacityUnits provisioned for the index: 7. Requested ReadCapacityUnits: 7. Current "
                   "WriteCapacityUnits provisioned for the index: 3. Requested WriteCapacityUnits: 3. Refer to the Amazon "
                   "DynamoDB Developer Guide for current limits and how to request higher limits.")
    tropic.ok("UpdateTable", {"TableName": "Metered", "BillingMode": "PAY_PER_REQUEST"})
    assert indexes(tropic, "Metered")["one"]["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    back = {"TableName": "Metered", "BillingMode": "PROVISIONED", **P}
    tropic.refused("UpdateTable", back, INVALID + "ProvisionedThroughput must be specified for index: one")
    tropic.ok("UpdateTable", {**back, "GlobalSecondaryIndexUpdates": [
        {"Update": {"IndexName": name, "ProvisionedThroughput": more}} for name in ("one", "two")]})
    assert indexes(tropic, "Metered")["two"]["ProvisionedThroughput"]["WriteCapacityUnits"] == 3


UPDATE_REFUSED = [
    (update("Refusing"),
     "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
     "SSESpecification or ReplicaUpdates is required"),
    (update("Refusing", {}),
     INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
     "GlobalSecondaryIndexUpdate.Delete must not be null"),
    (update("Refusing", {"Delete": {"IndexName": "one"}}, {"Create": index("one", "pk")}),
     INVALID + "Only one global secondary index update per index is allowed simultaneously. Index: one"),
    (update("Refusing", {"Create": index("two", "a")}),
     INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [a], AttributeDefinitions: []"),
    (update("Refusing", {"Create": index("two", "a")}, attributes=("b",)),
     INVALID + "Some index key attributes are not defined in AttributeDefinitions. Keys: [a], AttributeDefinitions: [b]"),
    (update("Refusing", {"Create": index("two", "a", **P)}, attributes=("a",)),
     INVALID + "ProvisionedThroughput should not be specified for index: two when BillingMode is PAY_PER_REQUEST"),
    (update("Refusing", {"Update": {"IndexName": "one", "ProvisionedThroughput": UNITS}}),
     INVALID + "ProvisionedThroughput should not be specified for index: one when BillingMode is PAY_PER_REQUEST"),
    (update("Refusing", {"Create": index("two", "pk", "a")}, attributes=("pk:N", "a")),
     INVALID + "Cannot redefine attribute 'pk'"),
    (update("Refusing", {"Delete": {"IndexName": "one"}}, {"Create": index("two", "pk")}, attributes=("pk",)),
     ONE_ONLINE, LIMIT),
    (update("Refusing", {"Delete": {"IndexName": "none"}}), "Requested resource not found", NOT_FOUND),
    (update("Refusing", {"Delete": {"IndexName": "local"}}), "Requested resource not found", NOT_FOUND),
    (update("Refusing", {"Update": {"IndexName": "none", "OnDemandThroughput": {"MaxReadRequestUnits": 5}}}),
     "Requested resource not found", NOT_FOUND),
    (update("Refusing", {"Update": {"IndexName": "one", "OnDemandThroughput": {"MaxReadRequestUnits": 0}}}),
     INVALID + "Requested MaxReadRequestUnits for OnDemandThroughput for index: one is outside of valid range"),
    (update("Nowhere", {"Delete": {"IndexName": "one"}}), "Requested resource not found: Table: Nowhere not found", NOT_FOUND),
    (update("Refusing", {"Delete": {}}),
     "1 validation error detected: Value null at 'globalSecondaryIndexUpdates.1.member.delete.indexName' failed to satisfy "
     "constraint: Member must not be null"),
]


@pytest.fixture(scope="module")
def refusing(tropic):
    tropic.ok("CreateTable", create("Refusing", local=[index("local", "pk", "sk")], glob=[index("one", "sk")]))


@pytest.mark.parametrize("number", range(len(UPDATE_REFUSED)))
def test_a_change_that_is_refused(tropic, refusing, number):
    request, message, *kind = UPDATE_REFUSED[number]
    tropic.refused("UpdateTable", request, message, *kind)


def test_warm_throughput_of_an_index(tropic):
    tropic.ok("CreateTable", create("Warm", glob=[index("one", "sk", WarmThroughput={"ReadUnitsPerSecond": 13000})]))

    def warm():
        units = indexes(tropic, "Warm")["one"]["WarmThroughput"]
        return units["ReadUnitsPerSecond"], units["WriteUnitsPerSecond"]

    assert warm() == (13000, 4000)
    tropic.ok("UpdateTable", update("Warm", {"Update": {"IndexName": "one", "WarmThroughput": {"WriteUnitsPerSecond": 5000}}}))
    assert warm() == (13000, 5000)
    tropic.refused("UpdateTable", update("Warm", {"Update": {
        "IndexName": "one", "WarmThroughput": {"ReadUnitsPerSecond": 12999}}}),
                   INVALID + "Requested ReadUnitsPerSecond for WarmThroughput for index one is lower than 13000; decreasing "
                   "WarmThroughput is not supported")
    tropic.refused("CreateTable", create("abc", glob=[index("one", "sk", WarmThroughput={"WriteUnitsPerSecond": 1})]),
                   INVALID + "Requested WriteUnitsPerSecond for WarmThroughput for index one is lower than 4000; decreasing "
                   "WarmThroughput is not supported")


def test_throughput_decreases_are_counted(tropic):
    tropic.ok("CreateTable", create("Decreasing", glob=[index("one", "sk", ProvisionedThroughput={
        "ReadCapacityUnits": 10, "WriteCapacityUnits": 10})], **P))

    def decrease(units):
        return update("Decreasing", {"Update": {"IndexName": "one", "ProvisionedThroughput": {
            "ReadCapacityUnits": units, "WriteCapacityUnits": 10}}})

    for units in (9, 8, 7, 6):
        tropic.ok("UpdateTable", decrease(units))
    today = indexes(tropic, "Decreasing")["one"]["ProvisionedThroughput"]["NumberOfDecreasesToday"]
    status, answer = tropic.call("UpdateTable", decrease(5))
    if today == 4:  # or else midnight has passed
        assert (status, answer["__type"]) == (400, LIMIT)
        assert answer["message"].startswith(
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day.")


def test_no_more_than_twenty(tropic):
    tropic.ok("CreateTable", create("Twenty", glob=[index(f"index{i}", "pk") for i in range(20)]))
    tropic.refused("UpdateTable", update("Twenty", {"Create": index("more", "pk")}, attributes=("pk",)),
                   INVALID + "GlobalSecondaryIndex count exceeds the per-table limit of 20")
