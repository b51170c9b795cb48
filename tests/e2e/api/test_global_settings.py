"""What members of a global table share: indexes, time to live, capacity. global-tables.md section 3 and 4.5."""
import time

from test_replicas import AP, EU, REGIONS, US, create, describe, make_global, replicas, wait

S = lambda text: {"S": text}


def until(what, seconds=60):
    """The first true answer of what()."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        assert time.monotonic() < end, answer
        time.sleep(0.05)


def indexes(tropic, name, region):
    table = describe(tropic, name, region)
    return {i["IndexName"]: i["IndexStatus"] for i in table.get("GlobalSecondaryIndexes", [])}


def query(tropic, name, region, index, attribute, value):
    answer = tropic.ok("Query", {
        "TableName": name, "IndexName": index, "KeyConditionExpression": "#a = :v",
        "ExpressionAttributeNames": {"#a": attribute}, "ExpressionAttributeValues": {":v": S(value)}}, region)
    return sorted(item["pk"]["S"] for item in answer["Items"])


def test_an_index_is_made_and_deleted_for_all(tropic):
    name = make_global(tropic, "SharedIndex", EU, AP)
    for i in range(20):
        tropic.ok("PutItem", {"TableName": name, "Item": {"pk": S(f"k{i:02}"), "color": S("red" if i % 2 else "blue")}},
                  REGIONS[i % 3])
    answer = tropic.ok("UpdateTable", {
        "TableName": name, "AttributeDefinitions": [{"AttributeName": "color", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": {
            "IndexName": "by-color", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"}}}]}, EU)
    assert [i["IndexName"] for i in answer["TableDescription"]["GlobalSecondaryIndexes"]] == ["by-color"]
    for region in REGIONS:
        until(lambda: indexes(tropic, name, region) == {"by-color": "ACTIVE"})
        until(lambda: query(tropic, name, region, "by-color", "color", "red") == [f"k{i:02}" for i in range(1, 20, 2)])
    tropic.ok("UpdateItem", {"TableName": name, "Key": {"pk": S("k00")}, "UpdateExpression": "SET color = :c",
                             "ExpressionAttributeValues": {":c": S("green")}}, US)
    for region in REGIONS:
        until(lambda: query(tropic, name, region, "by-color", "color", "green") == ["k00"])
    for region in REGIONS:
        wait(tropic, name, region, [r for r in REGIONS if r != region])
    tropic.ok("UpdateTable", {"TableName": name, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-color"}}]}, AP)
    for region in REGIONS:
        until(lambda: indexes(tropic, name, region) == {})


def test_a_new_replica_has_all_indexes_filled(tropic):
    name = "IndexedSource"
    tropic.ok("CreateTable", {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": a, "AttributeType": "S"} for a in ("pk", "sk", "color", "size")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "LocalSecondaryIndexes": [{
            "IndexName": "by-size", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "size", "KeyType": "RANGE"}]}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-color", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]},
            "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}]}]})
    until(lambda: describe(tropic, name)["TableStatus"] == "ACTIVE")
    for i in range(30):
        tropic.ok("PutItem", {"TableName": name, "Item": {
            "pk": S(f"k{i % 3}"), "sk": S(f"{i:02}"), "color": S("red"), "size": S(f"{99 - i}"), "note": S("n")}})
    tropic.ok("UpdateTable", {"TableName": name, **replicas(create(EU))})
    wait(tropic, name, EU, [US])
    here, there = describe(tropic, name), describe(tropic, name, EU)
    for kind, settings in (("LocalSecondaryIndexes", ("IndexName", "KeySchema", "Projection")),
                           ("GlobalSecondaryIndexes", ("IndexName", "KeySchema", "Projection", "IndexStatus"))):
        shared = [[{key: index[key] for key in settings} for index in table[kind]] for table in (here, there)]
        assert shared[0] == shared[1]
    assert here["AttributeDefinitions"] == there["AttributeDefinitions"]
    for question in ({"IndexName": "by-size", "KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": S("k1")}},
                     {"IndexName": "by-color", "KeyConditionExpression": "color = :v", "ExpressionAttributeValues": {":v": S("red")}}):
        found = [tropic.ok("Query", {"TableName": name, **question}, region) for region in (US, EU)]
        assert found[0]["Count"] == found[1]["Count"] > 0
        if question["IndexName"] == "by-size":
            assert found[0]["Items"] == found[1]["Items"]


def time_to_live(tropic, name, region):
    return tropic.ok("DescribeTimeToLive", {"TableName": name}, region)["TimeToLiveDescription"]


def deletes(tropic, name, region):
    """The REMOVE records of the table's stream in a Region."""
    arn = describe(tropic, name, region)["LatestStreamArn"]
    stream = tropic.ok("DescribeStream", {"StreamArn": arn}, region)["StreamDescription"]
    found = []
    for shard in stream["Shards"]:
        iterator = tropic.ok("GetShardIterator", {"StreamArn": arn, "ShardId": shard["ShardId"],
                                                  "ShardIteratorType": "TRIM_HORIZON"}, region)["ShardIterator"]
        while True:
            page = tropic.ok("GetRecords", {"ShardIterator": iterator}, region)
            found += [record for record in page["Records"] if record["eventName"] == "REMOVE"]
            if not page["Records"] or "NextShardIterator" not in page:
                break
            iterator = page["NextShardIterator"]
    return found


def test_time_to_live_is_shared_and_one_member_expires_items(tropic):
    name = make_global(tropic, "SharedExpiry", EU)
    tropic.ok("UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}, EU)
    for region in (US, EU):
        until(lambda: time_to_live(tropic, name, region) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"})
        wait(tropic, name, region, [US if region == EU else EU])
    now = int(time.time())
    tropic.ok("PutItem", {"TableName": name, "Item": {"pk": S("old"), "until": {"N": str(now - 100)}}}, EU)
    tropic.ok("PutItem", {"TableName": name, "Item": {"pk": S("young"), "until": {"N": str(now + 10000)}}}, EU)
    for region in (US, EU):
        until(lambda: [i["pk"]["S"] for i in tropic.ok("Scan", {"TableName": name}, region)["Items"]] == ["young"])
    removed = {region: until(lambda: deletes(tropic, name, region)) for region in (US, EU)}
    assert [r["userIdentity"]["Type"] for r in removed[US]] == ["Service"]  # the lowest replica id
    assert [r.get("userIdentity") for r in removed[EU]] == [None]


def test_capacity_is_shared(tropic):
    name = make_global(tropic, "SharedCapacity", EU)
    tropic.ok("UpdateTable", {"TableName": name, "OnDemandThroughput": {"MaxReadRequestUnits": 70, "MaxWriteRequestUnits": 80}}, EU)
    for region in (US, EU):
        until(lambda: describe(tropic, name, region).get("OnDemandThroughput") ==
              {"MaxReadRequestUnits": 70, "MaxWriteRequestUnits": 80})
        wait(tropic, name, region, [US if region == EU else EU])
    tropic.ok("UpdateTable", {"TableName": name, "BillingMode": "PROVISIONED",
                              "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}, EU)
    for region in (US, EU):
        table = until(lambda: (t := describe(tropic, name, region))["ProvisionedThroughput"]["WriteCapacityUnits"] == 6 and t)
        assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
        assert table.get("BillingModeSummary", {}).get("BillingMode") == "PROVISIONED"


def shown_overrides(tropic, name, seen_from, region):
    replica = next(r for r in describe(tropic, name, seen_from)["Replicas"] if r["RegionName"] == region)
    return {i["IndexName"]: i.get("OnDemandThroughputOverride", {}).get("MaxReadRequestUnits")
            for i in replica["GlobalSecondaryIndexes"]}


def test_a_replica_overrides_settings_of_its_indexes(tropic):
    name = "IndexOverrides"
    key = lambda a: [{"AttributeName": a, "KeyType": "HASH"}]
    tropic.ok("CreateTable", {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": key("pk"),
        "AttributeDefinitions": [{"AttributeName": a, "AttributeType": "S"} for a in ("pk", "aaa", "bbb")],
        "GlobalSecondaryIndexes": [{"IndexName": i, "KeySchema": key(i), "Projection": {"ProjectionType": "ALL"}}
                                   for i in ("aaa", "bbb")]})
    until(lambda: describe(tropic, name)["TableStatus"] == "ACTIVE")
    index = lambda i, units: {"IndexName": i, "OnDemandThroughputOverride": {"MaxReadRequestUnits": units}}
    tropic.ok("UpdateTable", {"TableName": name, **replicas(create(
        EU, GlobalSecondaryIndexes=[index("aaa", 40), index("unknown", 41)]))})
    wait(tropic, name, EU, [US])
    wait(tropic, name, US, [EU])
    assert shown_overrides(tropic, name, US, EU) == {"aaa": 40, "bbb": None}
    here = {i["IndexName"]: i.get("OnDemandThroughput") for i in describe(tropic, name, EU)["GlobalSecondaryIndexes"]}
    assert here["aaa"]["MaxReadRequestUnits"] == 40 and here["bbb"] is None
    update = lambda *indexes: replicas({"Update": {"RegionName": EU, "GlobalSecondaryIndexes": list(indexes)}})
    tropic.ok("UpdateTable", {"TableName": name, **update(index("bbb", 50))})  # the one not named stays
    until(lambda: shown_overrides(tropic, name, US, EU) == {"aaa": 40, "bbb": 50})
    wait(tropic, name, US, [EU])
    wait(tropic, name, EU, [US])
    status, answer = tropic.call("UpdateTable", {"TableName": name, **update({"IndexName": "aaa"})})
    assert (status, answer["message"]) == (400, "There are no actions specified in the Replica Update Action of the request.")
    status, answer = tropic.call("UpdateTable", {"TableName": name, **update(index("unknown", 9))})
    assert (status, answer["__type"].split("#")[-1]) == (400, "ResourceNotFoundException")
    status, answer = tropic.call("UpdateTable", {"TableName": name, **update(
        {"IndexName": "aaa", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 5}})})
    assert (status, answer["__type"].split("#")[-1]) == (400, "ValidationException")
    tropic.ok("UpdateTable", {"TableName": name, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "bbb"}}]})
    until(lambda: indexes(tropic, name, EU) == {"aaa": "ACTIVE"} and indexes(tropic, name, US) == {"aaa": "ACTIVE"})
    assert shown_overrides(tropic, name, US, EU) == {"aaa": 40}
