"""`tropic dev`: start, stop, its data folder, its Regions, links and clocks.

Protects issue item 2 and DESIGN sections 4 and 8: one endpoint for all Regions, the Region of the
signature's scope, Regions that stop and start, links that are cut and heal, clocks that move.
"""
import json
import os
import signal
import subprocess
import threading
import urllib.error
import urllib.request

import boto3
import botocore.exceptions
import pytest
from lib.cluster import TROPIC, free_port, wait

REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]
TABLE = {"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}


def global_table(cluster):
    cluster.resource(REGIONS[0]).create_table(**TABLE).wait_until_exists()
    for region in cluster.regions[1:]:
        cluster.client(REGIONS[0]).update_table(TableName="Music", ReplicaUpdates=[{"Create": {"RegionName": region}}])
        cluster.wait_replica("Music", REGIONS[0], region)


def put(cluster, region, key, **attributes):
    cluster.resource(region).Table("Music").put_item(Item={"pk": key, **attributes})


def get(cluster, region, key):
    return cluster.resource(region).Table("Music").get_item(Key={"pk": key}, ConsistentRead=True).get("Item")


def test_health_and_console_need_no_signature_and_everything_else_does(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    with urllib.request.urlopen(cluster.endpoint(REGIONS[0]) + "/") as answer:
        assert answer.status == 200 and answer.read().startswith(b"healthy: dynamodb.")
    with urllib.request.urlopen(cluster.endpoint(REGIONS[0]) + "/console") as answer:
        assert answer.status == 200 and b"tropic-mode" in answer.read()
    for path in ("/metrics", "/_tropic/v1/status", "/_tropic/v1/nothing"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(cluster.endpoint(REGIONS[0]) + path)
        assert refused.value.code == 403
        assert b"MissingAuthenticationToken" in refused.value.read()


def stranger(cluster, region):
    """A client with made-up credentials."""
    return boto3.client("dynamodb", region_name=region, endpoint_url=cluster.endpoint("us-east-1"),
                        aws_access_key_id="nobody", aws_secret_access_key="wrong")


def test_region_of_a_request_is_the_one_it_is_signed_for(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    cluster.client("us-east-1").create_table(**TABLE)
    assert cluster.client("us-east-1").list_tables()["TableNames"] == ["Music"]
    assert cluster.client("eu-west-1").list_tables()["TableNames"] == []
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        stranger(cluster, "mars-north-1").list_tables()
    assert "Credential should be scoped to a valid region" in str(refused.value)


def test_any_credentials_are_accepted_and_the_start_says_so(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    assert stranger(cluster, "us-east-1").list_tables()["TableNames"] == []
    assert "any credentials are accepted" in cluster.log("us-east-1")


def test_stop_and_second_start_on_the_same_data(make_cluster):
    cluster = make_cluster("dev", REGIONS)
    global_table(cluster)
    put(cluster, "us-east-1", "k", v="kept")
    cluster.wait_equal("Music")
    cluster.stop()
    assert "asked to stop" in cluster.log("us-east-1")
    cluster.start()
    for region in REGIONS:
        assert get(cluster, region, "k")["v"] == "kept"
    put(cluster, "eu-west-1", "k2", v="after")
    cluster.wait_equal("Music")


def test_stop_under_load_answers_what_is_in_flight_and_loses_nothing(make_cluster):
    """SIGTERM among writes: exit status 0, and every acknowledged write is there after the next start."""
    cluster = make_cluster("dev", ["us-east-1"], retries=0)
    cluster.resource("us-east-1").create_table(**TABLE).wait_until_exists()
    acknowledged, started = [], threading.Event()

    def write(number):
        table = cluster.resource("us-east-1").Table("Music")
        for n in range(100_000):
            try:
                table.put_item(Item={"pk": f"{number}/{n}"})
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                return
            acknowledged.append(f"{number}/{n}")
            if len(acknowledged) > 100:
                started.set()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    assert started.wait(60)
    cluster.stop()
    for writer in writers:
        writer.join(timeout=60)
        assert not writer.is_alive(), "a writer hangs"
    cluster.start()
    found, start = set(), {}
    while True:
        page = cluster.resource("us-east-1").Table("Music").scan(**start)
        found |= {item["pk"] for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert set(acknowledged) <= found


def test_second_process_on_one_data_folder_is_refused_with_one_line(make_cluster):
    cluster = make_cluster("dev", ["us-east-1"])
    second = subprocess.run([TROPIC, "dev", "--regions", "us-east-1", "--data", cluster.data, "--port",
                             str(free_port())], capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1 and f"in use by process {cluster.pid('us-east-1')}" in second.stderr


def test_port_in_use_is_refused_with_one_line(make_cluster, tmp_path):
    cluster = make_cluster("dev", ["us-east-1"], in_memory=True)
    second = subprocess.run([TROPIC, "dev", "--regions", "x", "--data", str(tmp_path), "--port",
                             str(cluster.port("us-east-1"))], capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1 and "in use" in second.stderr.lower()


def test_data_folder_knows_its_region(make_cluster):
    cluster = make_cluster("dev", ["us-east-1"])
    cluster.stop()
    os.rename(f"{cluster.data}/us-east-1", f"{cluster.data}/eu-west-1")
    other = subprocess.run([TROPIC, "dev", "--regions", "eu-west-1", "--data", cluster.data, "--port",
                            str(free_port())], capture_output=True, text=True, timeout=60, check=False)
    assert other.returncode == 1
    assert "belongs to another Region" in other.stderr


def test_interrupt_stops_too(make_cluster):
    cluster = make_cluster("dev", ["us-east-1"], in_memory=True)
    assert cluster.processes[0].end(signal.SIGINT) == 0


def test_stopped_region_answers_503_and_catches_up_when_it_starts(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True, retries=0)
    global_table(cluster)
    cluster.tropic("us-east-1", "region", "eu-west-1", "--stop")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        get(cluster, "eu-west-1", "k")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    for n in range(100):
        put(cluster, "us-east-1", f"k{n}", n=n)
    states = {r["name"]: r["state"] for r in cluster.status("us-east-1")["regions"]}
    assert states == {"us-east-1": "open", "eu-west-1": "stopped", "ap-southeast-2": "open"}
    cluster.tropic("us-east-1", "region", "eu-west-1", "--start")
    cluster.wait_equal("Music")
    assert get(cluster, "eu-west-1", "k99")["n"] == 99


def test_stopping_twice_and_starting_twice_is_harmless(make_cluster):
    cluster = make_cluster("dev", ["us-east-1"])
    for _ in range(2):
        assert "is stopped" in cluster.tropic("us-east-1", "region", "us-east-1", "--stop").stdout
    for _ in range(2):
        assert "is open" in cluster.tropic("us-east-1", "region", "us-east-1", "--start").stdout


def test_cut_link_carries_nothing_and_heals(make_cluster):
    cluster = make_cluster("dev", REGIONS[:2], in_memory=True)
    global_table(cluster)
    cluster.link("us-east-1", "eu-west-1", "--cut")
    put(cluster, "us-east-1", "left", v=1)
    put(cluster, "eu-west-1", "right", v=2)
    verified = cluster.verify("Music")
    assert verified.returncode == 3 and "not reached" in verified.stdout, verified
    assert get(cluster, "eu-west-1", "left") is None and get(cluster, "us-east-1", "right") is None
    cluster.link("us-east-1", "eu-west-1", "--heal")
    cluster.wait_equal("Music")
    assert get(cluster, "eu-west-1", "left")["v"] == 1 and get(cluster, "us-east-1", "right")["v"] == 2


def test_delayed_link_delays(make_cluster):
    cluster = make_cluster("dev", REGIONS[:2], in_memory=True)
    global_table(cluster)
    cluster.link("us-east-1", "eu-west-1", "--delay", "300ms", "--jitter", "50ms")
    put(cluster, "us-east-1", "k", v=1)
    wait(lambda: get(cluster, "eu-west-1", "k"), "the item to arrive")

    def lag():
        feeds = cluster.status("us-east-1")["feeds"]
        return next((f["lag_ms_max"] for f in feeds
                     if (f["region"], f["peer"], f["table"]) == ("eu-west-1", "us-east-1", "Music")), -1)
    assert wait(lambda: lag() >= 0 and lag(), "the lag to be counted") >= 300


def test_lossy_link_still_converges(make_cluster):
    cluster = make_cluster("dev", REGIONS[:2], in_memory=True)
    global_table(cluster)
    cluster.link("us-east-1", "eu-west-1", "--loss", "20%", "--delay", "2ms")
    for n in range(200):
        put(cluster, REGIONS[n % 2], f"k{n % 20}", n=n)

    def items(region):
        return sorted(cluster.resource(region).Table("Music").scan()["Items"], key=lambda item: item["pk"])
    wait(lambda: items("us-east-1") == items("eu-west-1"), "both Regions to hold the same")
    assert len(items("us-east-1")) == 20
    shapes = {(s["from"], s["to"]): s for s in cluster.status("us-east-1")["shapes"]}
    assert shapes["us-east-1", "eu-west-1"]["dropped"] > 0


def test_link_shows_and_sets_directions(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    cluster.link("us-east-1", "eu-west-1", "--delay", "80ms", "--one-way")
    shown = cluster.tropic("us-east-1", "link", "us-east-1", "eu-west-1").stdout.splitlines()
    assert [line.split()[:4] for line in shown[1:]] == [["us-east-1", "eu-west-1", "80.0", "ms"],
                                                        ["eu-west-1", "us-east-1", "0", "ms"]]
    for arguments, words in ((["us-east-1", "mars"], "no link between us-east-1 and mars"),
                             (["us-east-1", "eu-west-1", "--delay", "2h"], "not from 0 to 60s"),
                             (["us-east-1", "eu-west-1", "--loss", "500%"], "not from 0% to 100%")):
        done = cluster.tropic("us-east-1", "link", *arguments, check=False)
        assert done.returncode == 1 and words in done.stderr, done


def test_clock_of_one_region_moves(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    said = cluster.tropic("us-east-1", "clock", "eu-west-1", "+25h").stdout
    assert said == "the clock of eu-west-1 is +90000.000 s from the machine's\n"
    offsets = {r["name"]: r["clock_offset_ms"] for r in cluster.status("us-east-1")["regions"]}
    assert offsets == {"us-east-1": 0, "eu-west-1": 90000000, "ap-southeast-2": 0}
    table = cluster.client("eu-west-1").create_table(**TABLE)["TableDescription"]
    other = cluster.client("us-east-1").create_table(**TABLE)["TableDescription"]
    assert 24 < (table["CreationDateTime"] - other["CreationDateTime"]).total_seconds() / 3600 < 26
    done = cluster.tropic("us-east-1", "clock", "eu-west-1", "soon", check=False)
    assert done.returncode == 1 and "is not a duration" in done.stderr
    done = cluster.tropic("us-east-1", "clock", "mars", check=False)
    assert done.returncode == 1 and "not hosted here" in done.stderr


def test_verify_of_a_table_that_is_not_there(make_cluster):
    cluster = make_cluster("dev", REGIONS[:1], in_memory=True)
    done = cluster.verify("Nothing")
    assert done.returncode == 1 and "table Nothing is not in Region us-east-1" in done.stderr


def test_json_log_is_json(make_cluster):
    cluster = make_cluster("dev", REGIONS[:1], in_memory=True, extra=["--log-json"])
    cluster.stop()
    lines = [json.loads(line) for line in cluster.log("us-east-1").splitlines()]
    assert lines and all({"time", "level", "part", "message"} <= set(line) for line in lines)
