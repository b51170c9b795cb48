"""Kinesis destinations: what changes a table goes to an endpoint that speaks PutRecords, once it is taken, also
after failures and restarts. The endpoint here is a stand-in that keeps what it took."""
import base64
import http.server
import json
import threading

import botocore.exceptions
import pytest
from calls import Tropic
from lib.cluster import wait

STREAM = "arn:aws:kinesis:us-east-1:000000000000:stream/changes"


class Endpoint(http.server.ThreadingHTTPServer):
    """Takes PutRecords. `refuse` says how the next calls go wrong: a status, or the share of records not taken."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken, self.calls, self.refuse, self.lock = [], 0, [], threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["X-Amz-Target"] == "Kinesis_20131202.PutRecords"
        assert "/us-east-1/kinesis/aws4_request" in self.headers["Authorization"]
        assert body["StreamARN"] == STREAM and 0 < len(body["Records"]) <= 500
        with self.server.lock:
            self.server.calls += 1
            how = self.server.refuse.pop(0) if self.server.refuse else None
            if isinstance(how, int):
                self.answer(how, {"__type": "InternalFailure"})
                return
            records = []
            for n, record in enumerate(body["Records"]):
                if how == "half" and n % 2:
                    records.append({"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"})
                    continue
                records.append({"SequenceNumber": str(n), "ShardId": "shardId-000000000000"})
                self.server.taken.append((record["PartitionKey"], json.loads(base64.b64decode(record["Data"]))))
        self.answer(200, {"FailedRecordCount": sum("ErrorCode" in r for r in records), "Records": records})

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    yield endpoint
    endpoint.shutdown()
    endpoint.server_close()


def make_table(client, name="Orders"):
    client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
                        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


def status(client, name="Orders"):
    found = client.describe_kinesis_streaming_destination(TableName=name)["KinesisDataStreamDestinations"]
    return [d["DestinationStatus"] for d in found]


def put(client, key, value, name="Orders"):
    client.put_item(TableName=name, Item={"id": {"S": key}, "v": {"N": str(value)}})


def test_records_are_delivered_in_order_with_both_images(make_cluster, endpoint):
    client = make_cluster("dev", ["us-east-1"], in_memory=True, extra=["--kinesis", endpoint.url]).client("us-east-1")
    make_table(client)
    put(client, "before", 0)
    assert status(client) == []
    done = client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    assert done["DestinationStatus"] == "ENABLING" and done["StreamArn"] == STREAM
    assert status(client) == ["ACTIVE"]
    put(client, "a", 1)
    put(client, "a", 2)
    put(client, "a", 2)  # changes nothing: no record
    client.delete_item(TableName="Orders", Key={"id": {"S": "a"}})
    client.delete_item(TableName="Orders", Key={"id": {"S": "a"}})  # neither does this
    wait(lambda: len(endpoint.taken) >= 3, "three records")
    assert len({key for key, _ in endpoint.taken}) == 1
    records = [record for _, record in endpoint.taken]
    assert [r["eventName"] for r in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert all(r["tableName"] == "Orders" and r["awsRegion"] == "us-east-1" and r["userIdentity"] is None and
               r["recordFormat"] == "application/json" and r["eventSource"] == "aws:dynamodb" for r in records)
    changes = [r["dynamodb"] for r in records]
    assert [c.get("NewImage", {}).get("v") for c in changes] == [{"N": "1"}, {"N": "2"}, None]
    assert [c.get("OldImage", {}).get("v") for c in changes] == [None, {"N": "1"}, {"N": "2"}]
    assert all(c["Keys"] == {"id": {"S": "a"}} and c["SizeBytes"] > 0 for c in changes)
    assert len({r["eventID"] for r in records}) == 3


def test_failures_are_tried_again_until_all_is_taken(make_cluster, endpoint):
    client = make_cluster("dev", ["us-east-1"], in_memory=True, extra=["--kinesis", endpoint.url]).client("us-east-1")
    make_table(client)
    endpoint.refuse = [500, "half", 503, "half"]
    client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    for n in range(100):
        put(client, f"k{n}", n)
    wait(lambda: len({r["dynamodb"]["Keys"]["id"]["S"] for _, r in endpoint.taken}) == 100, "all keys")
    wait(lambda: not endpoint.refuse, "all failures")


def test_a_restart_loses_nothing(make_cluster, endpoint):
    cluster = make_cluster("dev", ["us-east-1"], extra=["--kinesis", endpoint.url])
    client = cluster.client("us-east-1")
    make_table(client)
    client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    put(client, "first", 0)
    wait(lambda: len(endpoint.taken) == 1, "the first record")
    endpoint.refuse = [500] * 1000
    for n in range(50):
        put(client, f"k{n}", n)
    cluster.kill("us-east-1")
    endpoint.refuse = []
    cluster.restart("us-east-1")
    wait(lambda: {f"k{n}" for n in range(50)} <= {r["dynamodb"]["Keys"]["id"]["S"] for _, r in endpoint.taken},
         "what was written before the kill")
    assert sum(r["dynamodb"]["Keys"]["id"]["S"] == "first" for _, r in endpoint.taken) == 1  # its place was kept


def test_disable_update_and_states(make_cluster, endpoint):
    client = make_cluster("dev", ["us-east-1"], in_memory=True, extra=["--kinesis", endpoint.url]).client("us-east-1")
    make_table(client)

    def refused(call, **arguments):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            call(TableName="Orders", StreamArn=STREAM, **arguments)
        assert error.value.response["Error"]["Code"] == "ValidationException"
        return error.value.response["Error"]["Message"]

    assert "not in a valid state to disable" in refused(client.disable_kinesis_streaming_destination)
    client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    assert "must be DISABLED or ENABLE_FAILED" in refused(client.enable_kinesis_streaming_destination)
    done = client.disable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    assert done["DestinationStatus"] == "DISABLING" and status(client) == ["DISABLED"]
    put(client, "unseen", 1)
    client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    put(client, "seen", 1)
    wait(lambda: endpoint.taken, "a record")
    assert [r["dynamodb"]["Keys"]["id"]["S"] for _, r in endpoint.taken] == ["seen"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_kinesis_streaming_destination(TableName="NoSuchTable")


def test_precision(make_cluster, endpoint):
    cluster = make_cluster("dev", ["us-east-1"], in_memory=True, extra=["--kinesis", endpoint.url])
    client, raw = cluster.client("us-east-1"), Tropic(cluster.endpoint("us-east-1"))  # Debian's boto3 knows no precision
    make_table(client)
    wanted = {"TableName": "Orders", "StreamArn": STREAM}
    done = raw.ok("EnableKinesisStreamingDestination", wanted)
    assert done["EnableKinesisStreamingConfiguration"] == {"ApproximateCreationDateTimePrecision": "MILLISECOND"}
    put(client, "a", 1)
    wait(lambda: len(endpoint.taken) == 1, "a record in milliseconds")
    wanted["UpdateKinesisStreamingConfiguration"] = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    assert raw.ok("UpdateKinesisStreamingDestination", wanted)["DestinationStatus"] == "UPDATING"
    status, answer = raw.call("UpdateKinesisStreamingDestination", wanted)
    assert status == 400 and "already set to the desired value of MICROSECOND" in answer["message"]
    put(client, "b", 1)
    wait(lambda: len(endpoint.taken) == 2, "a record in microseconds")
    first, second = (record["dynamodb"] for _, record in endpoint.taken)
    assert (first["ApproximateCreationDateTimePrecision"], second["ApproximateCreationDateTimePrecision"]) == (
        "MILLISECOND", "MICROSECOND")
    assert second["ApproximateCreationDateTime"] // 1000 - first["ApproximateCreationDateTime"] in range(0, 120000)


def test_without_an_endpoint_it_is_refused(make_cluster):
    client = make_cluster("dev", ["us-east-1"], in_memory=True).client("us-east-1")
    make_table(client)
    with pytest.raises(botocore.exceptions.ClientError, match="--kinesis URL"):
        client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    assert status(client) == []
