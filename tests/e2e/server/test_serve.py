"""`tropic serve`: signatures, configuration from YAML, links between processes, strangers on the links' port.

Protects issue items 2 and 3: serve verifies signatures; Regions of different processes replicate over mutual
TLS; the Region's name in the certificate is checked; a process that is killed catches up.
"""
import os
import re
import signal
import socket
import subprocess
import time

import boto3
import botocore.exceptions
import pytest
from lib.cluster import ACCESS_KEY, SECRET_KEY, TROPIC, free_port, wait

TABLE = {"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}
REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]


def global_table(cluster):
    first = cluster.regions[0]
    cluster.resource(first).create_table(**TABLE).wait_until_exists()
    for region in cluster.regions[1:]:
        cluster.client(first).update_table(TableName="Music", ReplicaUpdates=[{"Create": {"RegionName": region}}])
        cluster.wait_replica("Music", first, region)


@pytest.mark.parametrize("key, secret, code", [
    (ACCESS_KEY, "wrong", "InvalidSignatureException"),
    ("AKIDNOBODY", SECRET_KEY, "UnrecognizedClientException"),
])
def test_serve_verifies_signatures(make_cluster, key, secret, code):
    cluster = make_cluster("serve", ["us-east-1"])
    stranger = boto3.client("dynamodb", region_name="us-east-1", endpoint_url=cluster.endpoint("us-east-1"),
                            aws_access_key_id=key, aws_secret_access_key=secret)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        stranger.list_tables()
    assert refused.value.response["Error"]["Code"] == code
    done = subprocess.run([TROPIC, "status", "--endpoint", cluster.endpoint("us-east-1")], capture_output=True, text=True,
                          check=False, timeout=60, env={**os.environ, "AWS_ACCESS_KEY_ID": key,
                                                        "AWS_SECRET_ACCESS_KEY": secret})
    assert done.returncode == 1 and done.stderr.startswith("tropic: ")
    assert cluster.status("us-east-1")["mode"] == "serve"


def test_metrics_take_a_token_or_a_signature(make_cluster):
    cluster = make_cluster("serve", ["us-east-1"], extra=["--metrics-token", "sesame"])
    cluster.client("us-east-1").create_table(**TABLE)

    def scrape(token):
        with socket.create_connection(("127.0.0.1", cluster.port("us-east-1"))) as s:
            s.sendall(f"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                      "Connection: close\r\n\r\n".encode())
            answer = b""
            while more := s.recv(65536):
                answer += more
        return answer.decode()

    text = scrape("sesame")
    assert text.startswith("HTTP/1.1 200")
    body = text.split("\r\n\r\n", 1)[1]
    assert 'tropic_requests_total{region="us-east-1",operation="CreateTable",outcome="ok"} 1' in body
    for line in body.splitlines():  # the text format, line by line
        assert re.fullmatch(r"# (HELP|TYPE) tropic_\w+ .+|tropic_\w+(\{[^{}]*\})? [-+0-9.e]+|tropic_\w+\{.*\} \S+", line), line
    families = re.findall(r"^# TYPE (\S+)", body, re.M)
    assert len(families) == len(set(families)), "a metric is declared twice"
    for wrong in ("sesam", "sesamex", "", "SESAME"):
        assert scrape(wrong).startswith("HTTP/1.1 403"), wrong


def test_regions_of_a_process_cannot_be_stopped_and_clocks_not_moved(make_cluster):
    cluster = make_cluster("serve", ["us-east-1"])
    for arguments in (["region", "us-east-1", "--stop"], ["clock", "us-east-1", "+1h"]):
        done = cluster.tropic("us-east-1", *arguments, check=False)
        assert done.returncode == 1 and "only `tropic dev` does this" in done.stderr


def test_three_processes_replicate_and_a_killed_one_catches_up(make_cluster):
    cluster = make_cluster("serve", REGIONS)
    global_table(cluster)
    cluster.kill("eu-west-1")
    for n in range(300):
        cluster.resource("us-east-1").Table("Music").put_item(Item={"pk": f"k{n}", "n": n})
    cluster.restart("eu-west-1")
    cluster.wait_equal("Music")
    assert cluster.resource("eu-west-1").Table("Music").get_item(Key={"pk": "k299"})["Item"]["n"] == 299


def test_link_between_processes_is_cut_and_healed_at_one_side(make_cluster):
    cluster = make_cluster("serve", REGIONS[:2])
    global_table(cluster)
    cluster.link("us-east-1", "eu-west-1", "--cut")
    for region in cluster.regions:
        cluster.resource(region).Table("Music").put_item(Item={"pk": "both", "by": region})
    cluster.link("us-east-1", "eu-west-1", "--heal")
    cluster.wait_equal("Music")
    items = [cluster.resource(r).Table("Music").get_item(Key={"pk": "both"})["Item"] for r in cluster.regions]
    assert items[0] == items[1]
    assert cluster.conflicts("Music") == 1


def test_two_regions_from_one_yaml_file(make_cluster, tmp_path):
    """One process, two Regions, configured by a file: as `dev`, but signed and on a chosen port."""
    cluster = make_cluster("serve", ["us-east-1"])
    cluster.stop()
    port = free_port()
    path = tmp_path / "tropic.yaml"
    path.write_text(f"listen: 127.0.0.1:{port}\ncredentials: {cluster.keys}\ndata: {tmp_path}/data\n"
                    "log: json\nregions:\n  - name: us-east-1\n  - {name: eu-west-1, data: " f"{tmp_path}/other" "}\n")
    process = cluster.processes[0]
    process.arguments, process.port, process.regions = ["serve", str(path)], port, ["us-east-1", "eu-west-1"]
    cluster.regions = process.regions
    cluster.by_region = {r: process for r in process.regions}
    cluster.start()
    global_table(cluster)
    cluster.resource("eu-west-1").Table("Music").put_item(Item={"pk": "k"})
    cluster.wait_equal("Music")
    assert (tmp_path / "other" / "lock").exists() and (tmp_path / "data" / "us-east-1" / "lock").exists()


def test_wrong_certificates_are_refused_and_said_once(make_cluster, tmp_path):
    """eu-west-1 shows a certificate of another authority: no link, no crash, a line in the log."""
    cluster = make_cluster("serve", REGIONS[:2])
    cluster.kill("eu-west-1")
    other = tmp_path / "certs"
    subprocess.run([TROPIC, "certs", str(other), "eu-west-1"], check=True, stdout=subprocess.DEVNULL)
    process = cluster.by_region["eu-west-1"]
    process.arguments[process.arguments.index("--certs") + 1] = str(other)
    cluster.restart("eu-west-1")
    wait(lambda: "no link to" in cluster.log("eu-west-1"), "the refusal in the log")
    links = cluster.status("us-east-1")["links"]
    assert [link["up"] for link in links] == [False]
    time.sleep(1)  # several attempts long: the line must not repeat with each
    assert cluster.log("eu-west-1").count("no link to us-east-1") <= 2
    assert cluster.running("us-east-1") and cluster.running("eu-west-1")


def test_credentials_are_read_again_on_hangup(make_cluster):
    cluster = make_cluster("serve", ["us-east-1"])
    with open(cluster.keys, "a", encoding="ascii") as f:
        f.write("[second]\naws_access_key_id = AKIDSECOND\naws_secret_access_key = secondsecret\n")
    second = boto3.client("dynamodb", region_name="us-east-1", endpoint_url=cluster.endpoint("us-east-1"),
                          aws_access_key_id="AKIDSECOND", aws_secret_access_key="secondsecret")
    with pytest.raises(botocore.exceptions.ClientError):
        second.list_tables()
    os.kill(cluster.pid("us-east-1"), signal.SIGHUP)
    wait(lambda: "credentials were read again" in cluster.log("us-east-1"), "the credentials to be read")
    assert second.list_tables()["TableNames"] == []


def test_tls_for_clients(make_cluster, tmp_path):
    """The clients' port speaks TLS when the file says so; the command line trusts the CA that it is given."""
    cluster = make_cluster("serve", ["us-east-1"])
    cluster.stop()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                    str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")], check=True, capture_output=True)
    port = free_port()
    path = tmp_path / "tropic.yaml"
    path.write_text(f"listen: 127.0.0.1:{port}\ncredentials: {cluster.keys}\ndata: {cluster.data}\n"
                    f"tls: {{certificate: {tmp_path}/cert.pem, key: {tmp_path}/key.pem}}\n"
                    "regions: [{name: us-east-1}]\n")
    process = cluster.processes[0]
    process.arguments, process.port = ["serve", str(path)], port
    process.start()
    client = boto3.client("dynamodb", region_name="us-east-1", endpoint_url=f"https://localhost:{port}",
                          verify=str(tmp_path / "cert.pem"), aws_access_key_id=ACCESS_KEY,
                          aws_secret_access_key=SECRET_KEY)
    wait(lambda: "is ready at https://" in process.log(), "the start")
    assert client.list_tables()["TableNames"] == []
    done = subprocess.run([TROPIC, "status", "--endpoint", f"https://localhost:{port}", "--ca", str(tmp_path / "cert.pem"),
                           "--credentials", cluster.keys], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([TROPIC, "status", "--endpoint", f"https://localhost:{port}", "--credentials", cluster.keys],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and "cannot reach" in done.stderr
