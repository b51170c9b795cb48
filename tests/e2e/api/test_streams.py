"""DynamoDB Streams: records of every view type, iterators of every type. Source: dynamodb-tables-streams.md section 8."""
import re

import pytest

from calls import DYNAMODB, VALIDATION

NOT_FOUND, TRIMMED = DYNAMODB + "ResourceNotFoundException", DYNAMODB + "TrimmedDataAccessException"


def make(tropic, name, view="NEW_AND_OLD_IMAGES"):
    tropic.make_table(name, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
    return tropic.ok("DescribeTable", {"TableName": name})["Table"]["LatestStreamArn"]


def put(tropic, table, key, **attributes):
    return tropic.ok("PutItem", {"TableName": table, "Item": {"pk": {"S": key}, **attributes}})


def shards(tropic, arn):
    return tropic.ok("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]


def iterator(tropic, arn, shard, kind="TRIM_HORIZON", sequence=None):
    request = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": kind}
    return tropic.ok("GetShardIterator", {**request, "SequenceNumber": sequence} if sequence else request)["ShardIterator"]


def read(tropic, start, limit=1000):
    """All records from an iterator on, and the iterator after them (None at the end of a closed shard)."""
    records = []
    while start:
        answer = tropic.ok("GetRecords", {"ShardIterator": start, "Limit": limit})
        records += answer["Records"]
        start = answer.get("NextShardIterator")
        if not answer["Records"]:
            break
    return records, start


def read_all(tropic, arn, limit=1000):
    records = []
    for shard in shards(tropic, arn):
        records += read(tropic, iterator(tropic, arn, shard["ShardId"]), limit)[0]
    return sorted(records, key=lambda r: int(r["dynamodb"]["SequenceNumber"]))


ONE, TWO = {"v": {"N": "1"}}, {"v": {"N": "2"}}
KEY = {"pk": {"S": "a"}}


@pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"])
def test_view_types(tropic, view):
    table = f"View-{view}"
    arn = make(tropic, table, view)
    put(tropic, table, "a", **ONE)
    put(tropic, table, "a", **TWO)
    put(tropic, table, "a", **TWO)  # changes nothing, leaves no record
    tropic.ok("DeleteItem", {"TableName": table, "Key": KEY})
    tropic.ok("DeleteItem", {"TableName": table, "Key": KEY})
    records = read_all(tropic, arn)
    assert [r["eventName"] for r in records] == ["INSERT", "MODIFY", "REMOVE"]
    images = [(r["dynamodb"].get("NewImage"), r["dynamodb"].get("OldImage")) for r in records]
    new, old = "NEW" in view, "OLD" in view
    first, second = {**KEY, **ONE}, {**KEY, **TWO}
    assert images == [(first if new else None, None), (second if new else None, first if old else None),
                      (None, second if old else None)]
    for record in records:
        assert record["eventVersion"] == "1.1" and record["eventSource"] == "aws:dynamodb"
        assert record["awsRegion"] == "us-east-1" and re.fullmatch("[0-9a-f]{32}", record["eventID"])
        assert record["dynamodb"]["Keys"] == KEY and record["dynamodb"]["StreamViewType"] == view
        assert re.fullmatch("[0-9]{21,40}", record["dynamodb"]["SequenceNumber"])
        assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int)
    assert len({r["eventID"] for r in records}) == 3
    # Sizes as in the table: pk + "a" is 3 bytes, v with a number of one digit 3 more.
    assert records[1]["dynamodb"]["SizeBytes"] == 3 + (6 if new else 0) + (6 if old else 0)


def test_records_of_an_item_are_in_order(tropic):
    arn = make(tropic, "Ordered")
    for number in range(30):
        for key in "abcdefgh":
            put(tropic, "Ordered", key, v={"N": str(number)})
    seen = {}
    for shard in shards(tropic, arn):
        for record in read(tropic, iterator(tropic, arn, shard["ShardId"]), limit=7)[0]:
            seen.setdefault(record["dynamodb"]["Keys"]["pk"]["S"], []).append(int(record["dynamodb"]["NewImage"]["v"]["N"]))
    assert seen == {key: list(range(30)) for key in "abcdefgh"}


def test_iterators_of_every_type(tropic):
    arn = make(tropic, "Iterators")
    for number in range(3):
        put(tropic, "Iterators", "a", v={"N": str(number)})
    shard = next(s["ShardId"] for s in shards(tropic, arn) if read(tropic, iterator(tropic, arn, s["ShardId"]))[0])
    records, end = read(tropic, iterator(tropic, arn, shard))
    numbers = [r["dynamodb"]["SequenceNumber"] for r in records]
    latest = iterator(tropic, arn, shard, "LATEST")
    assert read(tropic, latest)[0] == []
    assert read(tropic, iterator(tropic, arn, shard, "AT_SEQUENCE_NUMBER", numbers[1]))[0] == records[1:]
    assert read(tropic, iterator(tropic, arn, shard, "AFTER_SEQUENCE_NUMBER", numbers[1]))[0] == records[2:]
    put(tropic, "Iterators", "a", v={"N": "9"})
    for start in (latest, end):
        assert [r["dynamodb"]["NewImage"]["v"]["N"] for r in read(tropic, start)[0]] == ["9"]


def test_streams_and_shards_described(tropic):
    arn = make(tropic, "Described")
    stream = tropic.ok("DescribeStream", {"StreamArn": arn})["StreamDescription"]
    assert stream["StreamStatus"] == "ENABLED" and stream["TableName"] == "Described"
    assert stream["StreamViewType"] == "NEW_AND_OLD_IMAGES" and stream["StreamLabel"] in arn
    assert stream["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    ids = [s["ShardId"] for s in stream["Shards"]]
    assert all(re.fullmatch("shardId-[0-9]{20}-[0-9a-f]{8}", i) for i in ids) and ids == sorted(ids)
    page = tropic.ok("DescribeStream", {"StreamArn": arn, "Limit": 1})["StreamDescription"]
    assert [s["ShardId"] for s in page["Shards"]] == ids[:1] and page["LastEvaluatedShardId"] == ids[0]
    rest = tropic.ok("DescribeStream", {"StreamArn": arn, "ExclusiveStartShardId": ids[0]})["StreamDescription"]
    assert [s["ShardId"] for s in rest["Shards"]] == ids[1:] and "LastEvaluatedShardId" not in rest
    children = tropic.ok("DescribeStream", {"StreamArn": arn, "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": ids[0]}})
    assert children["StreamDescription"]["Shards"] == []


def test_streams_listed(tropic):
    arns = [make(tropic, f"Listed{n}") for n in range(3)]
    listed = tropic.ok("ListStreams", {})["Streams"]
    assert [s["StreamArn"] for s in listed] == sorted(s["StreamArn"] for s in listed)
    assert set(arns) <= {s["StreamArn"] for s in listed}
    only = tropic.ok("ListStreams", {"TableName": "Listed1"})["Streams"]
    assert only == [{"StreamArn": arns[1], "TableName": "Listed1", "StreamLabel": arns[1].rsplit("/", 1)[1]}]
    page = tropic.ok("ListStreams", {"Limit": 1, "ExclusiveStartStreamArn": arns[0]})
    assert [s["StreamArn"] for s in page["Streams"]] == [arns[1]] and page["LastEvaluatedStreamArn"] == arns[1]


def test_a_disabled_stream_ends_and_stays_readable(tropic):
    arn = make(tropic, "Ended")
    put(tropic, "Ended", "a", **ONE)
    tropic.ok("UpdateTable", {"TableName": "Ended", "StreamSpecification": {"StreamEnabled": False}})
    put(tropic, "Ended", "a", **TWO)
    stream = tropic.ok("DescribeStream", {"StreamArn": arn})["StreamDescription"]
    assert stream["StreamStatus"] == "DISABLED"
    assert all("EndingSequenceNumber" in s["SequenceNumberRange"] for s in stream["Shards"])
    records = []
    for shard in stream["Shards"]:
        more, end = read(tropic, iterator(tropic, arn, shard["ShardId"]))
        records += more
        assert end is None
    assert [r["dynamodb"]["NewImage"] for r in records] == [{**KEY, **ONE}]


def test_a_deleted_tables_stream_stays_readable(tropic):
    arn = make(tropic, "Gone")
    put(tropic, "Gone", "a", **ONE)
    tropic.ok("DeleteTable", {"TableName": "Gone"})
    other = make(tropic, "Gone")
    assert [r["dynamodb"]["NewImage"] for r in read_all(tropic, arn)] == [{**KEY, **ONE}]
    assert read_all(tropic, other) == []


def test_refusals(tropic):
    arn = make(tropic, "Refusals")
    shard = shards(tropic, arn)[0]["ShardId"]
    wrong = arn[:-3] + ("000" if arn[-3:] != "000" else "111")
    tropic.refused("DescribeStream", {"StreamArn": wrong}, f"Requested resource not found: Stream: {wrong} not found",
                   NOT_FOUND)
    request = {"StreamArn": arn, "ShardId": shard}
    tropic.refused("GetShardIterator", {**request, "ShardId": shard[:-1] + "x", "ShardIteratorType": "LATEST"},
                   "Requested resource not found: Shard does not exist", NOT_FOUND)
    tropic.refused("GetShardIterator", {**request, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "0" * 21},
                   "The operation attempted to read past the oldest stream record in a shard.", TRIMMED)
    for kind, more in (("AT_SEQUENCE_NUMBER", {}), ("LATEST", {"SequenceNumber": "0" * 21})):
        status, answer = tropic.call("GetShardIterator", {**request, "ShardIteratorType": kind, **more})
        assert (status, answer["__type"]) == (400, VALIDATION)
    good = iterator(tropic, arn, shard)
    for bad in ("x", good[:-1] + ("0" if good[-1] != "0" else "1"), "0" * len(good)):
        tropic.refused("GetRecords", {"ShardIterator": bad}, "Invalid ShardIterator")
    status, answer = tropic.call("GetRecords", {"ShardIterator": good, "Limit": 1001})
    assert (status, answer["__type"]) == (400, DYNAMODB + "LimitExceededException")
    tropic.refused("GetShardIterator", {},
                   "3 validation errors detected: Value null at 'streamArn' failed to satisfy constraint: Member must "
                   "not be null; Value null at 'shardId' failed to satisfy constraint: Member must not be null; Value "
                   "null at 'shardIteratorType' failed to satisfy constraint: Member must not be null")
