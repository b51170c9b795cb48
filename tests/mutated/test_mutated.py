"""No mistake of a client gets a 500: tens of thousands of mutated requests of all operations, over keep-alive connections.

Each request is valid (valid.py) and then spoiled (mutations.py). Whatever it has become, the answer is a 200 or an error that a
client can read; nothing crashes, hangs or answers nonsense; and the server stops cleanly afterwards, sanitizers included.

TROPIC_SEED (a number, or "random") and TROPIC_MUTATED_SECONDS choose the run; a failure prints the seed, the number of the round and
its requests, and `TROPIC_SEED=seed TROPIC_MUTATED_ROUND=number` sends those of that round alone.
"""
import json
import os
import random
import socket
import time
import zlib

import pytest

import mutations
import valid

SECONDS = float(os.environ.get("TROPIC_MUTATED_SECONDS", "45"))
CONNECTIONS = 6
REQUESTS_MIN = 10000  # fewer in the time: something is wrong with the server or with this test
HANG_SECONDS = 60     # patience with a loaded machine, not an expectation
HEAD_END = b"\r\n\r\n"
NAMESPACES = ("com.amazon.coral.validate#", "com.amazon.coral.service#", "com.amazonaws.dynamodb.v20120810#")
# 503 is documented for Regions that stop or are full; this server is neither.
STATUSES = (200, 400, 404, 413)
AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/us-east-1/dynamodb/aws4_request, "
                 "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64)


class Nonsense(Exception):
    pass


class Connection:
    """One keep-alive connection: requests go out as they are, answers are read strictly."""

    def __init__(self, port):
        self.port, self.socket, self.buffer = port, None, b""

    def send(self, data):
        if self.socket is None:
            self.socket, self.buffer = socket.create_connection(("127.0.0.1", self.port), timeout=HANG_SECONDS), b""
        self.socket.sendall(data)

    def more(self):
        try:
            data = self.socket.recv(1 << 16)
        except socket.timeout:
            raise Nonsense(f"no answer for {HANG_SECONDS} s") from None
        if not data:
            raise Nonsense("the connection was closed without an answer")
        self.buffer += data

    def answer(self):
        while HEAD_END not in self.buffer:
            self.more()
        head, self.buffer = self.buffer.split(HEAD_END, 1)
        lines = head.decode("ascii").split("\r\n")
        if not lines[0].startswith("HTTP/1.1 "):
            raise Nonsense(f"status line {lines[0]!r}")
        headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines[1:])}
        length = int(headers["content-length"])
        while len(self.buffer) < length:
            self.more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        if self.buffer:
            raise Nonsense(f"bytes after the answer: {self.buffer[:100]!r}")
        if headers.get("connection") == "close":
            self.close()
        return int(lines[0].split()[1]), headers, body

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def check(status, headers, body):
    if status not in STATUSES:
        raise Nonsense(f"status {status}")
    if status == 404:
        return "404"
    if "x-amz-crc32" in headers and int(headers["x-amz-crc32"]) != zlib.crc32(body):
        raise Nonsense("x-amz-crc32 does not fit the body")
    if status == 200 and not body:
        return "ok"
    try:
        answer = json.loads(body)  # UTF-8, too
    except ValueError as e:
        raise Nonsense(f"the answer is not JSON: {e}") from None
    if not isinstance(answer, dict):
        raise Nonsense("the answer is no object")
    if status == 200:
        return "ok"
    kind, message = answer.get("__type", ""), answer.get("message", answer.get("Message", ""))
    if not kind.startswith(NAMESPACES) or not isinstance(message, str):
        raise Nonsense("not an error that a client can read")
    return kind.split("#")[1]


# ---- requests ----

def http_request(rng, operation, body):
    service = "DynamoDBStreams" if operation in valid.STREAMS_OPERATIONS else "DynamoDB"
    target = f"{service}_20120810.{operation}"
    if rng.random() < 0.002:
        target = mutations.spoiled_text(rng, target).translate({c: "x" for c in [*range(32), *range(127, 0x11000)]})
    return (f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {target}\r\nX-Amz-Date: 20260101T000000Z\r\n"
            f"Content-Type: application/x-amz-json-1.0\r\nAuthorization: {AUTHORIZATION}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode("latin-1", "replace") + body


def round_of(seed, number, operations, learned):
    """The requests of a round: (operation, bytes) for each connection."""
    rng = random.Random(f"{seed}/{number}")
    requests = []
    for _ in range(CONNECTIONS):
        operation = rng.choice(operations)
        body = valid.request(rng, operation)
        for member, known in learned.items():
            if member in body and rng.random() < 0.8:
                body[member] = known
        donor = valid.request(rng, rng.choice(operations))
        requests.append((operation, http_request(rng, operation, mutations.spoiled(rng, body, donor))))
    return requests


def weighted(operations):
    """Those whose requests are written by hand reach far: they come four times as often."""
    return sorted(operations) + 3 * sorted(set(valid.WRITTEN) & set(operations))


def ok(connection, operation, body):
    connection.send(http_request(random.Random(0), operation, mutations.body_bytes(body)))
    status, headers, answer = connection.answer()
    check(status, headers, answer)
    return status, json.loads(answer or b"{}")


def restore(connection):
    """The tables that requests are about exist; others do not pile up. What streams are called just now."""
    _, names = ok(connection, "ListTables", {})
    for name in set(names.get("TableNames", [])) - set(valid.TABLES):
        ok(connection, "UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False})
        ok(connection, "DeleteTable", {"TableName": name})
    for name in valid.TABLES:
        ok(connection, "CreateTable", valid.create_table(name))
    learned = {}
    _, streams = ok(connection, "ListStreams", {"TableName": "Streamed"})
    if streams.get("Streams"):
        learned["StreamArn"] = streams["Streams"][0]["StreamArn"]
        _, described = ok(connection, "DescribeStream", {"StreamArn": learned["StreamArn"]})
        shards = described.get("StreamDescription", {}).get("Shards")
        if shards:
            learned["ShardId"] = shards[0]["ShardId"]
            _, found = ok(connection, "GetShardIterator", {**learned, "ShardIteratorType": "TRIM_HORIZON"})
            learned["ShardIterator"] = found.get("ShardIterator", "x")
    return learned


@pytest.fixture(scope="module")
def cluster(make_cluster_module):
    return make_cluster_module("dev", [valid.REGION, valid.OTHER_REGION], in_memory=True)


def test_no_mistake_of_a_client_gets_a_500(cluster):
    seed = os.environ.get("TROPIC_SEED", "1")
    seed = str(random.SystemRandom().randrange(1 << 32)) if seed == "random" else seed
    only = os.environ.get("TROPIC_MUTATED_ROUND")
    operations = weighted(valid.model())
    connections = [Connection(cluster.port(valid.REGION)) for _ in range(CONNECTIONS)]
    counts, number, sent, learned = {}, 0 if only is None else int(only), 0, {}
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if number % 200 == 0 or only is not None:
            learned = restore(connections[0])
        requests = round_of(seed, number, operations, learned)
        try:
            for connection, (_, data) in zip(connections, requests):
                connection.send(data)
            for connection, (operation, data) in zip(connections, requests):
                said = check(*connection.answer())
                counts[operation, said] = counts.get((operation, said), 0) + 1
        except (Nonsense, OSError, ValueError, KeyError) as e:
            others = ", ".join(o for o, _ in requests)
            raise AssertionError(f"{e!r}\nTROPIC_SEED={seed} TROPIC_MUTATED_ROUND={number} ({others}) sends it again:\n"
                                 f"{operation} {data.split(HEAD_END, 1)[1][:5000]!r}") from None
        number, sent = number + 1, sent + len(requests)
        if only is not None:
            return
    for connection in connections:
        connection.close()
    fine = sum(n for (_, said), n in counts.items() if said == "ok")
    print(f"seed {seed}: {sent} requests of {len({o for o, _ in counts})} operations, {fine} of them accepted")
    assert {o for o, _ in counts} == set(valid.model())
    assert sent >= REQUESTS_MIN and sent // 50 <= fine <= sent * 9 // 10
    assert "InternalServerError" not in {said for _, said in counts}
