"""Rules of minutes and hours about streams, tested by moving the Region's clock."""
import pytest

from lib.cluster import wait

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


def test_an_aged_record_is_an_error_not_a_gap(aging):
    tropic, move = aging
    arn = make(tropic, "Gaps")
    request, _, records = first_shard_with_records(tropic, arn)
    number = records[0]["dynamodb"]["SequenceNumber"]
    move("+1435m")
    at = tropic.ok("GetShardIterator", {**request, "ShardIteratorType": "AT_SEQUENCE_NUMBER",
                                        "SequenceNumber": number})["ShardIterator"]
    oldest = tropic.ok("GetShardIterator", request)["ShardIterator"]
    tropic.ok("PutItem", {"TableName": "Gaps", "Item": {"pk": {"S": "a"}, "v": {"N": "1"}}})
    assert tropic.ok("GetRecords", {"ShardIterator": at})["Records"][:1] == records
    move("+1445m")
    tropic.refused("GetRecords", {"ShardIterator": at},
                   "The operation attempted to read past the oldest stream record in a shard.", TRIMMED)
    left = tropic.ok("GetRecords", {"ShardIterator": oldest})["Records"]
    assert [r["eventName"] for r in left] == ["MODIFY"]  # what TRIM_HORIZON means moves with the time
    after = tropic.ok("GetShardIterator", {**request, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                                           "SequenceNumber": number})["ShardIterator"]
    assert tropic.ok("GetRecords", {"ShardIterator": after})["Records"] == left  # nothing stands between


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


def described(tropic, arn, **more):
    return tropic.ok("DescribeStream", {"StreamArn": arn, **more})["StreamDescription"]["Shards"]


def roll(tropic, arn, move, by):
    """Moves the clock so far that all shards are closed, and waits for it."""
    before = {s["ShardId"] for s in described(tropic, arn)}
    move(by)
    wait(lambda: len({s["ShardId"] for s in described(tropic, arn)} - before) == 4, "children of all shards")
    return described(tropic, arn)


def drain(tropic, arn, shard, kind="TRIM_HORIZON", sequence=None):
    """Values of all records from there on, and whether the shard has ended."""
    request = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": kind}
    start = tropic.ok("GetShardIterator", {**request, "SequenceNumber": sequence} if sequence else request)["ShardIterator"]
    values = []
    while True:
        answer = tropic.ok("GetRecords", {"ShardIterator": start, "Limit": 2})
        values += [(r["dynamodb"]["NewImage"]["v"]["N"], r["dynamodb"]["SequenceNumber"]) for r in answer["Records"]]
        start = answer.get("NextShardIterator")
        if start is None or not answer["Records"]:
            return values, start is None


def write(tropic, table, numbers):
    for number in numbers:
        tropic.ok("PutItem", {"TableName": table, "Item": {"pk": {"S": "a"}, "v": {"N": str(number)}}})


def test_shards_roll_over_after_four_hours(aging):
    tropic, move = aging
    tropic.make_table("Rolling", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    arn = tropic.ok("DescribeTable", {"TableName": "Rolling"})["Table"]["LatestStreamArn"]
    roots = described(tropic, arn)
    assert len(roots) == 4 and not any("ParentShardId" in s for s in roots)
    write(tropic, "Rolling", range(5))
    move("+3h")
    write(tropic, "Rolling", [5])
    shards = roll(tropic, arn, move, "+241m")
    write(tropic, "Rolling", range(6, 9))
    closed, children = shards[:4], shards[4:]
    assert [s["ShardId"] for s in closed] == [s["ShardId"] for s in roots]
    assert sorted(s["ParentShardId"] for s in children) == [s["ShardId"] for s in roots]
    for child in children:
        parent = next(s for s in closed if s["ShardId"] == child["ParentShardId"])
        end = int(parent["SequenceNumberRange"]["EndingSequenceNumber"])
        assert int(child["SequenceNumberRange"]["StartingSequenceNumber"]) == end + 1
        assert "EndingSequenceNumber" not in child["SequenceNumberRange"]
        found = described(tropic, arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": parent["ShardId"]})
        assert found == [child]

    parent = next(s for s in closed if drain(tropic, arn, s)[0])
    child = next(s for s in children if s["ParentShardId"] == parent["ShardId"])
    before, ended = drain(tropic, arn, parent)
    assert ([v for v, _ in before], ended) == ([str(n) for n in range(6)], True)
    after, ended = drain(tropic, arn, child)
    assert ([v for v, _ in after], ended) == ([str(n) for n in range(6, 9)], False)
    # Numbers across the border.
    last = before[-1][1]
    assert drain(tropic, arn, parent, "AFTER_SEQUENCE_NUMBER", last) == ([], True)
    assert drain(tropic, arn, parent, "AT_SEQUENCE_NUMBER", last) == (before[-1:], True)
    assert drain(tropic, arn, parent, "AT_SEQUENCE_NUMBER", after[0][1]) == ([], True)
    assert drain(tropic, arn, parent, "LATEST") == ([], True)
    assert drain(tropic, arn, child, "AT_SEQUENCE_NUMBER", child["SequenceNumberRange"]["StartingSequenceNumber"])[0] == after
    tropic.refused("GetShardIterator", {"StreamArn": arn, "ShardId": child["ShardId"],
                                        "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": last},
                   "The operation attempted to read past the oldest stream record in a shard.", TRIMMED)


def test_an_iterator_of_an_open_shard_ends_with_it(aging):
    tropic, move = aging
    tropic.make_table("Ending", StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    arn = tropic.ok("DescribeTable", {"TableName": "Ending"})["Table"]["LatestStreamArn"]
    write(tropic, "Ending", [1])
    move("+239m")
    waiting = {}
    for shard in described(tropic, arn):
        start = tropic.ok("GetShardIterator", {"StreamArn": arn, "ShardId": shard["ShardId"],
                                               "ShardIteratorType": "LATEST"})["ShardIterator"]
        waiting[shard["ShardId"]] = tropic.ok("GetRecords", {"ShardIterator": start})["NextShardIterator"]
    roll(tropic, arn, move, "+241m")
    write(tropic, "Ending", [2])
    for start in waiting.values():
        answer = tropic.ok("GetRecords", {"ShardIterator": start})
        assert answer["Records"] == [] and "NextShardIterator" not in answer


def test_shards_are_paged_and_fall_off_after_a_day(aging):
    tropic, move = aging
    arn = make(tropic, "Falling")
    ids = []
    for hours in (5, 10, 15):
        ids = [s["ShardId"] for s in roll(tropic, arn, move, f"+{hours}h")]
    assert len(ids) == 16 and ids == sorted(ids)
    paged, after = [], {}
    while True:
        page = tropic.ok("DescribeStream", {"StreamArn": arn, "Limit": 5, **after})["StreamDescription"]
        paged += [s["ShardId"] for s in page["Shards"]]
        if "LastEvaluatedShardId" not in page:
            break
        after = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
    assert paged == ids
    shards = roll(tropic, arn, move, "+30h")  # those closed at 5 hours are a day old
    assert [s["ShardId"] for s in shards][:12] == ids[4:]
    assert all(s["ParentShardId"] in ids[:4] for s in shards[:4])
    tropic.refused("GetShardIterator", {"StreamArn": arn, "ShardId": ids[0], "ShardIteratorType": "TRIM_HORIZON"},
                   "Requested resource not found: Shard does not exist", NOT_FOUND)


def test_shards_survive_a_restart(make_cluster):
    cluster = make_cluster("dev", [US])
    dynamodb = cluster.client(US)
    dynamodb.create_table(TableName="Kept", BillingMode="PAY_PER_REQUEST", StreamSpecification=STREAM["StreamSpecification"],
                          AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
    arn = dynamodb.describe_table(TableName="Kept")["Table"]["LatestStreamArn"]
    dynamodb.put_item(TableName="Kept", Item={"pk": {"S": "a"}})
    cluster.tropic(US, "clock", US, "+241m")

    def shards():
        return cluster.streams(US).describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]

    wait(lambda: len(shards()) == 8, "children of all shards")
    before = shards()
    cluster.kill(US)
    cluster.restart(US)
    assert shards() == before
