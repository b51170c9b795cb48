"""The last hour: POST /_tropic/v1/history and `tropic history`; where Regions are: places[] of the status.

Protects issue 4, point 5: what the console's charts and map are drawn from. Which numbers a sample keeps and how steps are
folded is tests/unit/server/test_history.c; here the real server's numbers are what really happened.
"""
import gzip
import json
import threading
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest
from lib.cluster import ACCESS_KEY, SECRET_KEY, wait

REGIONS = ["us-east-1", "eu-west-1"]
A, B = REGIONS
TABLE = {"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}


def send(cluster, body, headers=None):
    """Signed by hand: the status code, the body and the headers of the answer."""
    url = cluster.endpoint(A) + "/_tropic/v1/history"
    request = botocore.awsrequest.AWSRequest("POST", url, data=body, headers=headers or {})
    credentials = botocore.credentials.Credentials(ACCESS_KEY, SECRET_KEY)
    botocore.auth.SigV4Auth(credentials, "dynamodb", A).add_auth(request)
    sent = request.prepare()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, sent.body, dict(sent.headers))) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read(), refused.headers


def ask(cluster, body):
    code, answer, _ = send(cluster, (body if isinstance(body, str) else json.dumps(body)).encode())
    return code, json.loads(answer)


def history(cluster, **body):
    code, answer = ask(cluster, body)
    assert code == 200, answer
    entries = (answer["next"] - answer["first"]) // answer["step"]
    assert (answer["next"] - answer["first"]) % answer["step"] == 0
    for kind in ("operations", "feeds", "links", "tables"):
        for series in answer[kind]:
            for name, values in series.items():
                if isinstance(values, list):
                    assert len(values) == entries, f"{kind} {name}"
                    assert all(value is None or value >= 0 for value in values), f"{kind} {name}"
    return answer


def find(answer, kind, **labels):
    found = [one for one in answer[kind] if all(one[name] == label for name, label in labels.items())]
    assert len(found) <= 1
    return found[0] if found else None


def total(answer, kind, column, **labels):
    one = find(answer, kind, **labels)
    return sum(value or 0 for value in one[column]) if one else 0


def greatest(answer, kind, column, **labels):
    one = find(answer, kind, **labels)
    return max((value for value in one[column] if value is not None), default=None) if one else None


def put(cluster, region, key, **attributes):
    cluster.client(region).put_item(TableName="Music", Item={"pk": {"S": key}, **attributes})


def global_table(cluster):
    cluster.client(A).create_table(**TABLE)
    cluster.client(A).get_waiter("table_exists").wait(TableName="Music")
    cluster.client(A).update_table(TableName="Music", ReplicaUpdates=[{"Create": {"RegionName": B}}])
    cluster.wait_replica("Music", A, B)


def next_sample(cluster):
    """Until a second that began after this call has been sampled; the answer with all there is."""
    now = history(cluster)["next"]
    return wait(lambda: (lambda answer: answer if answer["next"] >= now + 2 else None)(history(cluster)), "two seconds")


def test_counts_add_up_to_the_requests_made(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    cluster.client(A).create_table(**TABLE)
    for n in range(40):
        put(cluster, A, f"{n}")
    for _ in range(3):
        with pytest.raises(botocore.exceptions.ClientError):
            cluster.client(A).get_item(TableName="Nothing", Key={"pk": {"S": "x"}})
    cluster.client(B).list_tables()
    answer = next_sample(cluster)
    assert total(answer, "operations", "requests", region=A, operation="PutItem") == 40
    assert total(answer, "operations", "user_errors", region=A, operation="PutItem") == 0
    assert total(answer, "operations", "requests", region=A, operation="GetItem") == 3
    assert total(answer, "operations", "user_errors", region=A, operation="GetItem") == 3
    assert total(answer, "operations", "requests", region=B, operation="ListTables") == 1
    assert find(answer, "operations", region=B, operation="PutItem") is None
    puts = find(answer, "operations", region=A, operation="PutItem")
    for n, requests in enumerate(puts["requests"]):
        assert (requests or 0) > 0 or puts["latency_us_p50"][n] is None, "a latency without a request"
        assert not requests or 0 < puts["latency_us_p50"][n] <= puts["latency_us_p99"][n]
    assert find(answer, "tables", region=A, table="Music")["items"][-1] == 40
    assert find(answer, "tables", region=A, table="Music")["bytes"][-1] > 0
    assert answer["series_left_out"] == 0 and answer["more"] is False


def test_throttled_requests_are_seen(make_cluster):
    cluster = make_cluster("dev", [A], in_memory=True, retries=0, extra=["--throttle"])
    cluster.client(A).create_table(**{**TABLE, "BillingMode": "PROVISIONED", "ProvisionedThroughput": {
        "ReadCapacityUnits": 1, "WriteCapacityUnits": 1}})
    refused = 0
    while refused == 0:
        try:
            put(cluster, A, "k", v={"S": "x" * 200_000})
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
            refused += 1
    answer = next_sample(cluster)
    assert total(answer, "operations", "throttled", region=A, operation="PutItem") == refused


def test_lag_and_pending_changes_appear_after_a_cut_link(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    global_table(cluster)
    cluster.link(A, B, "--cut")
    for n in range(50):
        put(cluster, A, f"{n}")
    cut = wait(lambda: (lambda answer: answer if greatest(
        answer, "feeds", "pending_changes", region=A, peer=B, table="Music") else None)(history(cluster)), "pending changes")
    wait(lambda: find(history(cluster), "links", region=A, peer=B)["up"][-1] == 0, "the link to be down")
    before = total(cut, "feeds", "applied", region=B, peer=A, table="Music")
    # What both wrote meanwhile is a conflict for whom loses.
    put(cluster, B, "0", by={"S": B})
    cluster.link(A, B, "--heal")
    cluster.wait_equal("Music")
    answer = wait(lambda: (lambda answer: answer if total(answer, "feeds", "applied", region=B, peer=A, table="Music")
                           >= before + 49 else None)(history(cluster)), "50 changes to be counted")
    healed = cut["next"]
    since = history(cluster, after=healed)
    assert since["first"] == healed
    assert greatest(answer, "feeds", "lag_ms_p99", region=B, peer=A, table="Music") >= 100
    wait(lambda: sum(total(history(cluster), "feeds", "conflicts", region=r, peer=p, table="Music")
                     for r, p in ((A, B), (B, A))) >= 1, "the conflict to be counted")
    wait(lambda: find(history(cluster), "feeds", region=A, peer=B, table="Music")["pending_changes"][-1] == 0,
         "nothing to be pending")
    links = find(answer, "links", region=A, peer=B)
    assert 0 in links["up"] and 1 in links["up"]
    assert sum(value or 0 for value in links["bytes_sent"]) > 0


def test_a_stopped_region_leaves_a_gap_and_its_counters_begin_anew(make_cluster):
    cluster = make_cluster("dev", REGIONS)
    global_table(cluster)
    put(cluster, A, "k")
    cluster.wait_equal("Music")
    next_sample(cluster)
    cluster.tropic(A, "region", B, "--stop")
    stopped = next_sample(cluster)["next"]
    assert find(history(cluster, after=stopped - 1), "tables", region=B, table="Music")["items"][0] is None
    assert find(history(cluster, after=stopped - 1), "links", region=B, peer=A)["up"][0] is None
    assert find(history(cluster, after=stopped - 1), "tables", region=A, table="Music")["items"][0] == 1
    cluster.tropic(A, "region", B, "--start")
    cluster.tropic(A, "clock", B, "+25h")  # samples keep the machine's time, not a Region's
    put(cluster, A, "k2")
    cluster.wait_equal("Music")
    wait(lambda: find(history(cluster), "tables", region=B, table="Music")["items"][-1] == 2, "the Region to be there again")
    answer = history(cluster)  # which checks that nothing is negative
    assert None in find(answer, "tables", region=B, table="Music")["items"]
    sent = find(answer, "links", region=B, peer=A)["bytes_sent"]
    assert max(value or 0 for value in sent) < 1024 * 1024
    assert answer["next"] - answer["first"] <= 3600


def test_steps_are_sums_of_their_seconds_and_answers_join(make_cluster):
    cluster = make_cluster("dev", [A], in_memory=True)
    cluster.client(A).create_table(**TABLE)
    stop = threading.Event()
    done = []

    def write():
        while not stop.is_set():
            put(cluster, A, f"{len(done)}")
            done.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait(lambda: history(cluster)["next"] >= 8, "eight seconds")
    finally:
        stop.set()
        writer.join()
    wait(lambda: total(history(cluster), "operations", "requests", operation="PutItem") == len(done), "the last second")
    wide = history(cluster, step=3)
    fine = history(cluster)
    assert wide["first"] % 3 == 0 and wide["next"] % 3 == 0 and wide["step"] == 3
    assert abs(wide["from_ms"] - fine["from_ms"]) < 60_000
    puts, seconds = (find(answer, "operations", operation="PutItem") for answer in (wide, fine))
    for n in range((wide["next"] - wide["first"]) // 3):
        at = [wide["first"] - fine["first"] + 3 * n + i for i in range(3)]
        for column, fold in (("requests", sum), ("latency_us_p99", max)):
            there = [seconds[column][i] for i in at if seconds[column][i] is not None]
            assert puts[column][n] == (fold(there) if there else None)
    # Asked again with `next`, an asker gets every second once.
    first = history(cluster, after=2)
    then = history(cluster, after=first["next"])
    assert first["first"] == 2 and then["first"] == first["next"]
    assert find(then, "operations", operation="PutItem")["requests"][0:1] in ([], [0])
    assert history(cluster, last=3)["first"] == history(cluster, last=3)["next"] - 3
    assert history(cluster, after=10**9)["first"] == 0


def test_invalid_bodies_and_unsigned_requests_are_refused(make_cluster):
    cluster = make_cluster("dev", [A], in_memory=True)
    for body, words in (
            ({"step": 0}, '"step" must be a whole number from 1 to 60'),
            ({"step": 61}, '"step" must be a whole number from 1 to 60'),
            ({"step": 1.5}, '"step" must be'),
            ({"step": "1"}, '"step" must be'),
            ({"after": -1}, '"after" must be a whole number from 0'),
            ({"after": True}, '"after" must be'),
            ({"last": 3601}, '"last" must be a whole number from 1 to 3600'),
            ({"after": 1, "last": 1}, "exclude each other"),
            ([], "the body must be a JSON object"),
            ("{", "the body must be a JSON object")):
        code, answer = ask(cluster, body)
        assert code == 400 and words in answer["message"], (body, answer)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(cluster.endpoint(A) + "/_tropic/v1/history", data=b"{}")
    assert refused.value.code == 403
    assert b"MissingAuthenticationToken" in refused.value.read()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(cluster.endpoint(A) + "/_tropic/v1/status")
    assert refused.value.code == 403


def test_long_answers_are_packed_for_whoever_takes_that(make_cluster):
    cluster = make_cluster("dev", [A], in_memory=True)
    for n in range(300):
        cluster.client(A).create_table(**{**TABLE, "TableName": f"Music{n:03}"})
    next_sample(cluster)
    code, plain, _ = send(cluster, b'{"last": 1}')
    assert code == 200 and json.loads(plain)["tables"]
    code, packed, headers = send(cluster, b'{"last": 1}', {"Accept-Encoding": "gzip"})
    assert code == 200 and headers["Content-Encoding"] == "gzip" and len(packed) < len(plain) / 2
    tables = json.loads(gzip.decompress(packed))["tables"]
    assert [one["table"] for one in tables] == [f"Music{n:03}" for n in range(300)]
    assert "Content-Encoding" not in send(cluster, b'{"last": 1}', {"Accept-Encoding": "gzip;q=0"})[2]


def test_places_and_the_command(make_cluster):
    cluster = make_cluster("dev", [A, "mars-north-1"], in_memory=True, extra=["--places", "mars-north-1=-14.5:175.25"])
    assert cluster.status(A)["places"] == [
        {"region": A, "hosted": True, "latitude": 38.95, "longitude": -77.45, "place": "US East (N. Virginia)", "console": None},
        {"region": "mars-north-1", "hosted": True, "latitude": -14.5, "longitude": 175.25, "place": None, "console": None}]
    cluster.client(A).create_table(**TABLE)
    next_sample(cluster)
    shown = cluster.tropic(A, "history", "--step", "1", "--minutes", "1").stdout
    assert "REQUESTS/S" in shown and "WRITES/S" in shown
    assert "Replication" not in shown
    raw = json.loads(cluster.tropic(A, "history", "--step", "1", "--json").stdout)
    assert total(raw, "operations", "requests", operation="CreateTable") == 1
    other = cluster.tropic(A, "history", "--step", "1", "--region", "mars-north-1").stdout
    assert "No requests." in other
    refused = cluster.tropic(A, "history", "--minutes", "61", check=False)
    assert refused.returncode == 2 and "--minutes is a number from 1 to 60" in refused.stderr
