"""Rules of minutes and hours about streams, tested by moving the Region's clock."""
import pytest

from calls import DYNAMODB, Tropic

US = "us-east-1"
NOT_FOUND, EXPIRED = DYNAMODB + "ResourceNotFoundException", DYNAMODB + "ExpiredIteratorException"
TRIMMED = DYNAMODB + "TrimmedDataAccessException"
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}


@pytest.fixture
def aging(make_cluster):
    """A server and a function that moves its clock."""
    cluster = make_cluster("dev", [US], in_memory=True)
    return Tropic(cluster.endpoint(US)), lambda by: cluster.tropic(US, "clock", US, by)


def first_shard_with_records(tropic, arn):
    for shard in tropic.ok("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]:
        request = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        start = tropic.ok("GetShardIterator", request)["ShardIterator"]
        records = tropic.ok("GetRecords", {"ShardIterator": start})["Records"]
        if records:
            return request, start, records
    raise AssertionError("no records")


def make(tropic, name):
    tropic.make_table(name, **STREAM)
    tropic.ok("PutItem", {"TableName": name, "Item": {"pk": {"S": "a"}}})
    return tropic.ok("DescribeTable", {"TableName": name})["Table"]["LatestStreamArn"]


def test_an_iterator_lives_for_fifteen_minutes(aging):
    tropic, move = aging
    _, start, records = first_shard_with_records(tropic, make(tropic, "Minutes"))
    move("+14m")
    assert tropic.ok("GetRecords", {"ShardIterator": start})["Records"] == records
    move("+16m")
    status, answer = tropic.call("GetRecords", {"ShardIterator": start})
    assert (status, answer["__type"]) == (400, EXPIRED)
    assert answer["message"].startswith("Iterator expired. The iterator was created at time ")
    assert answer["message"].endswith("further in the future than the tolerated delay of 900000 milliseconds.")


def test_records_live_for_a_day(aging):
    tropic, move = aging
    arn = make(tropic, "Days")
    request, _, records = first_shard_with_records(tropic, arn)
    move("+23h")
    start = tropic.ok("GetShardIterator", request)["ShardIterator"]
    assert tropic.ok("GetRecords", {"ShardIterator": start})["Records"] == records
    move("+25h")
    start = tropic.ok("GetShardIterator", request)["ShardIterator"]
    assert tropic.ok("GetRecords", {"ShardIterator": start})["Records"] == []
    number = records[0]["dynamodb"]["SequenceNumber"]
    tropic.refused("GetShardIterator", {**request, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": number},
                   "The operation attempted to read past the oldest stream record in a shard.", TRIMMED)


def test_a_disabled_stream_lives_for_a_day(aging):
    tropic, move = aging
    arn = make(tropic, "Disabled")
    tropic.ok("UpdateTable", {"TableName": "Disabled", "StreamSpecification": {"StreamEnabled": False}})
    move("+23h")
    assert tropic.ok("DescribeStream", {"StreamArn": arn})["StreamDescription"]["StreamStatus"] == "DISABLED"
    assert [s["StreamArn"] for s in tropic.ok("ListStreams", {})["Streams"]] == [arn]
    move("+25h")
    tropic.refused("DescribeStream", {"StreamArn": arn}, f"Requested resource not found: Stream: {arn} not found", NOT_FOUND)
    assert tropic.ok("ListStreams", {})["Streams"] == []
