"""The disk fails: a failed fsync ends the process and loses nothing acknowledged; a full disk refuses
writes while reads go on, and writes resume by themselves (RELIABILITY rows D3 and D5; promise 1).

Both drive the release binary from outside: strace fails a real fdatasync, a small tmpfs really fills up.
"""
import os
import shutil
import subprocess

import botocore.exceptions
import pytest

TABLE = {"TableName": "Faults", "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}


def put_until_it_fails(table, value, limit):
    """Puts items until one fails; returns (acknowledged keys, the failure or None)."""
    acknowledged = []
    for n in range(limit):
        try:
            table.put_item(Item={"pk": f"k{n}", "v": value})
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as e:
            return acknowledged, e
        acknowledged.append(f"k{n}")
    return acknowledged, None


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_D3_failed_fsync_ends_the_process_with_one_line_and_loses_nothing(make_cluster):
    cluster = make_cluster("dev", ["us-east-1"], retries=0)
    table = cluster.resource("us-east-1").create_table(**TABLE)
    pid = cluster.pid("us-east-1")
    tracer = subprocess.Popen(["strace", "-f", "-p", str(pid), "--seccomp-bpf", "-e", "trace=fdatasync,fsync", "-e",
                               "inject=fdatasync,fsync:error=EIO:when=20+", "-o", "/dev/null"],
                              stderr=subprocess.PIPE, text=True)
    try:
        assert "attached" in tracer.stderr.readline()
        acknowledged, failure = put_until_it_fails(table, "x" * 1000, 5000)
        assert failure is not None, "twenty syncs later no write had failed"
        assert cluster.wait_exit("us-east-1") == 1
    finally:
        tracer.terminate()
        tracer.wait()
    last = [line for line in cluster.log("us-east-1").splitlines() if "error" in line]
    assert len(last) == 1, last
    cluster.restart("us-east-1")
    table = cluster.resource("us-east-1").Table("Faults")
    for key in acknowledged:
        assert "Item" in table.get_item(Key={"pk": key}, ConsistentRead=True), key


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a tmpfs")
def test_D5_full_disk_refuses_writes_keeps_reads_and_resumes_alone(make_cluster, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", str(disk)], check=True)
    try:
        cluster = make_cluster("dev", ["us-east-1"], data=str(disk / "data"), retries=0)
        table = cluster.resource("us-east-1").create_table(**TABLE)
        table.put_item(Item={"pk": "first", "v": "here"})
        ballast = disk / "ballast"
        free = shutil.disk_usage(disk).free
        with open(ballast, "wb") as f:  # leaves less than any reserve
            f.write(b"\0" * (free - 8 * 1024 * 1024))
        acknowledged, failure = put_until_it_fails(table, "x" * 100_000, 1000)
        assert failure is not None, "the disk took everything"
        code = failure.response["Error"]["Code"]
        assert failure.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or "Throttling" in code, failure
        assert cluster.running("us-east-1"), cluster.log("us-east-1")
        assert table.get_item(Key={"pk": "first"})["Item"]["v"] == "here"
        ballast.unlink()
        cluster.wait(lambda: put_until_it_fails(table, "again", 1)[1] is None, "writes to resume")
        for key in acknowledged[1:]:
            assert "Item" in table.get_item(Key={"pk": key}, ConsistentRead=True), key
        cluster.stop()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
