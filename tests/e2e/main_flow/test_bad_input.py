"""Nonsense on every port: a clear error or a closed connection; nothing crashes, nothing changes.

Protects issue "bad input": garbage, truncated and oversized requests, deep JSON, invalid UTF-8, wrong types,
hostile numbers on the clients' port; a peer that speaks nonsense on the port for Regions.
"""
import json
import random
import socket

import pytest

AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, "
                 "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64)
TABLE = {"TableName": "Bad", "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}


def exchange(port, data, timeout=10):
    """Everything the server says to `data` until it closes, or until an answer is whole."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it closed before it had read all: fine
        answer = b""
        while True:
            try:
                more = s.recv(65536)
            except (ConnectionResetError, socket.timeout):
                return answer
            if not more:
                return answer
            answer += more


def post(port, operation, body, headers=""):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = exchange(port, (f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\n"
                             f"X-Amz-Date: 20260101T000000Z\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n"
                             f"Authorization: {AUTHORIZATION}\r\n{headers}Content-Length: {len(body)}\r\n"
                             f"Connection: close\r\n\r\n").encode() + body)
    status = int(answer.split(b" ", 2)[1])
    return status, answer.split(b"\r\n\r\n", 1)[1]


@pytest.fixture(scope="module")
def cluster(make_cluster_module):
    cluster = make_cluster_module("dev", ["us-east-1"])
    table = cluster.resource("us-east-1").create_table(**TABLE)
    table.put_item(Item={"pk": "witness", "v": 1})
    yield cluster
    found = table.scan()["Items"]
    assert found == [{"pk": "witness", "v": 1}], "nonsense changed the table"
    assert cluster.running("us-east-1"), cluster.log("us-east-1")


GARBAGE = {
    "nothing": b"",
    "not http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "half a request line": b"POST / HT",
    "half a head": b"POST / HTTP/1.1\r\nHost: x\r\nContent-",
    "half a body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "bare line feeds": b"POST / HTTP/1.1\nHost: x\n\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "huge length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "long head": b"POST / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20000 + b"\r\n\r\n",
    "many headers": b"POST / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 2000 + b"\r\n",
    "bad chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "gzip that is none": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "nul bytes": b"\0" * 4096,
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_gets_an_error_or_a_closed_connection(cluster, name):
    answer = exchange(cluster.port("us-east-1"), GARBAGE[name])
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:200]


def test_random_bytes_do_not_stop_the_server(cluster):
    rng = random.Random(7)
    for _ in range(100):
        answer = exchange(cluster.port("us-east-1"), rng.randbytes(rng.randrange(1, 3000)))
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:200]


BODIES = {
    "not json": (b"{", "SerializationException"),
    "deep arrays": (b"[" * 100_000, "SerializationException"),
    "deep objects": (b'{"a":' * 50_000, "SerializationException"),
    "invalid utf-8": (b'{"TableName":"Bad","Item":{"pk":{"S":"\xff\xfe"}}}', "SerializationException"),
    "a list": (b"[]", "SerializationException"),
    "wrong types": (b'{"TableName":["Bad"],"Item":7}', "SerializationException"),
    "no table": (b'{"Item":{"pk":{"S":"x"}}}', "ValidationException"),
    "number as text": (b'{"TableName":"Bad","Item":{"pk":{"S":"x"},"n":{"N":"12abc"}}}', "ValidationException"),
    "huge exponent": (b'{"TableName":"Bad","Item":{"pk":{"S":"x"},"n":{"N":"1E999999999999"}}}', "ValidationException"),
    "39 digits": (b'{"TableName":"Bad","Item":{"pk":{"S":"x"},"n":{"N":"' + b"1" * 39 + b'"}}}', "ValidationException"),
    "a megabyte of digits": (b'{"TableName":"Bad","Item":{"pk":{"S":"x"},"n":{"N":"' + b"9" * 1_000_000 + b'"}}}',
                             "ValidationException"),
    "33 levels": (b'{"TableName":"Bad","Item":{"pk":{"S":"x"},"d":' + b'{"L":[' * 33 + b'{"S":"x"}' + b"]}" * 33 + b"}}",
                  "ValidationException"),
    "too large an item": (json.dumps({"TableName": "Bad", "Item": {"pk": {"S": "x"}, "v": {"S": "x" * 410_000}}}).encode(),
                          "ValidationException"),
    "two types": (b'{"TableName":"Bad","Item":{"pk":{"S":"x","N":"1"}}}', "ValidationException"),
    "no type": (b'{"TableName":"Bad","Item":{"pk":{}}}', "ValidationException"),
    "an empty key": (b'{"TableName":"Bad","Item":{"pk":{"S":""}}}', "ValidationException"),
    "expression of parentheses": (json.dumps({"TableName": "Bad", "Item": {"pk": {"S": "x"}}, "ConditionExpression":
                                              "(" * 4000}).encode(), "ValidationException"),
}


@pytest.mark.parametrize("name", BODIES)
def test_bad_bodies_get_dynamodbs_error(cluster, name):
    body, code = BODIES[name]
    status, answer = post(cluster.port("us-east-1"), "PutItem", body)
    assert status == 400, answer[:300]
    assert json.loads(answer)["__type"].endswith("#" + code), answer[:300]


def test_unknown_members_are_ignored_as_dynamodb_does(cluster):
    status, answer = post(cluster.port("us-east-1"), "GetItem",
                          {"TableName": "Bad", "Key": {"pk": {"S": "witness"}}, "Shoe": {"Size": [44]}})
    assert status == 200 and json.loads(answer)["Item"]["v"] == {"N": "1"}


def test_body_above_16_megabytes_is_413(cluster):
    answer = exchange(cluster.port("us-east-1"),
                      b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16777217\r\n\r\n" + b"x" * 65536)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413"), answer[:200]


def test_nonsense_on_the_port_for_regions(make_cluster):
    cluster = make_cluster("serve", ["us-east-1", "eu-west-1"])
    rng = random.Random(8)
    for region in ("us-east-1", "eu-west-1"):
        for data in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 70000, rng.randbytes(5000),
                     b"\x16\x03\x01\x00\x05hello"):
            answer = exchange(cluster.peer_port(region), data)
            assert not answer.startswith(b"HTTP"), answer[:100]
    table = cluster.resource("us-east-1").create_table(**TABLE)
    table.wait_until_exists()
    cluster.aws("us-east-1", "dynamodb", "update-table", "--table-name", "Bad", "--replica-updates",
                '[{"Create":{"RegionName":"eu-west-1"}}]')
    cluster.wait_replica("Bad", "us-east-1", "eu-west-1")
    for region in ("us-east-1", "eu-west-1"):
        assert cluster.running(region)
