"""A deployment of the real binary for one test: `tropic dev`, or one `tropic serve` process per Region.

    cluster = Cluster("serve", ["us-east-1", "eu-west-1"], folder)
    cluster.start()
    table = cluster.resource("us-east-1").Table("Music")
    cluster.link("us-east-1", "eu-west-1", "--cut")
    cluster.stop()

Everything a test needs is a method here, so that a story reads the same whichever way the Regions run. The binary is
$TROPIC_BIN, build/tropic by default; nothing of the machine but loopback ports and `folder` is touched.
"""
import json
import os
import signal
import socket
import subprocess
import threading
import time

import boto3
import botocore.config

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
TROPIC = os.path.join(ROOT, os.environ.get("TROPIC_BIN", "build/tropic"))
AWS = "/usr/bin/aws"
ACCESS_KEY, SECRET_KEY = "AKIDTESTTESTTESTTEST", "testsecrettestsecrettestsecrettestsecret"
START_SECONDS, STOP_SECONDS, WAIT_SECONDS = 60, 60, 120  # patience with a loaded machine, not expectations


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(condition, what, seconds=WAIT_SECONDS):
    """Polls until condition() is true; its value. Fails the test otherwise."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)


class Process:
    """One server: its command line, its ports, its log. Started again, it is the same server."""

    def __init__(self, name, regions, arguments, port, peer_port, folder):
        self.name, self.regions, self.arguments = name, regions, arguments
        self.port, self.peer_port = port, peer_port
        self.log_path = os.path.join(folder, f"{name}.log")
        self.popen = None

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen([TROPIC, *self.arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def answers(self):
        assert self.popen.poll() is None, f"{self.name} exited with {self.popen.returncode}:\n{self.log()}"
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return s.recv(12) == b"HTTP/1.1 200"
        except OSError:
            return False

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def end(self, number):
        """Sends a signal, waits, and gives the exit status."""
        if self.popen is None or self.popen.poll() is not None:
            return None if self.popen is None else self.popen.returncode
        self.popen.send_signal(number)
        try:
            return self.popen.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise AssertionError(f"{self.name} did not stop within {STOP_SECONDS} s:\n{self.log()}") from None


class Cluster:
    """kind: "dev" or "serve". folder: for logs, keys and (unless `data` says otherwise) data."""

    def __init__(self, kind, regions, folder, data=None, in_memory=False, retries=None, extra=()):
        self.kind, self.regions, self.folder = kind, list(regions), str(folder)
        self.data = data or os.path.join(self.folder, "data")
        self.retries, self.extra = retries, list(extra)
        self.local, self.starts = threading.local(), 0
        os.makedirs(self.folder, exist_ok=True)
        self.keys = os.path.join(self.folder, "keys")
        with open(os.open(self.keys, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as f:
            f.write(f"[default]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
        self.processes = self._dev(in_memory) if kind == "dev" else self._serve()
        self.by_region = {region: p for p in self.processes for region in p.regions}

    def _dev(self, in_memory):
        port = free_port()
        where = ["--in-memory"] if in_memory else ["--data", self.data]
        return [Process("dev", self.regions, ["dev", "--regions", ",".join(self.regions), "--port", str(port),
                                              *where, *self.extra], port, None, self.folder)]

    def _serve(self):
        certs = os.path.join(self.folder, "certs")
        subprocess.run([TROPIC, "certs", certs, *self.regions], check=True, stdout=subprocess.DEVNULL)
        peer_ports = {region: free_port() for region in self.regions}
        processes = []
        for region in self.regions:
            port = free_port()
            arguments = ["serve", "--region", region, "--listen", "127.0.0.1", "--port", str(port), "--data", self.data,
                         "--credentials", self.keys, "--peer-port", str(peer_ports[region]), *self.extra]
            if len(self.regions) > 1:
                peers = ",".join(f"{r}=127.0.0.1:{p}" for r, p in peer_ports.items() if r != region)
                arguments += ["--peers", peers, "--certs", certs]
            processes.append(Process(region, [region], arguments, port, peer_ports[region], self.folder))
        return processes

    # ---- life ----

    def start(self):
        self.starts += 1
        for process in self.processes:
            process.start()
        for process in self.processes:
            wait(process.answers, f"{process.name} to answer", START_SECONDS)

    def stop(self):
        """A clean stop of everything that still runs: exit status 0, or the test fails."""
        for process in self.processes:
            status = process.end(signal.SIGTERM)
            assert status in (None, 0), f"{process.name} exited with {status}:\n{process.log()}"
            process.popen = None

    def abandon(self):
        """Ends what is left without a word: for after a test."""
        for process in self.processes:
            if process.popen is not None and process.popen.poll() is None:
                process.popen.kill()
                process.popen.wait()

    def kill(self, region):
        """kill -9 of the process that hosts the Region (in dev: of all Regions)."""
        self.by_region[region].end(signal.SIGKILL)

    def restart(self, region):
        process = self.by_region[region]
        self.starts += 1
        process.end(signal.SIGTERM)
        process.start()
        wait(process.answers, f"{process.name} to answer again", START_SECONDS)

    def wait_exit(self, region):
        return self.by_region[region].popen.wait(timeout=STOP_SECONDS)

    def running(self, region):
        return self.by_region[region].popen.poll() is None

    def pid(self, region):
        return self.by_region[region].popen.pid

    def log(self, region):
        return self.by_region[region].log()

    # ---- where, and as whom ----

    def port(self, region):
        return self.by_region[region].port

    def peer_port(self, region):
        return self.by_region[region].peer_port

    def endpoint(self, region):
        return self.by_region[region].endpoint

    def credentials(self):
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    # ---- clients ----

    def _options(self, region):
        retries = {"max_attempts": 10, "mode": "standard"} if self.retries is None else {
            "total_max_attempts": self.retries + 1}
        return {"endpoint_url": self.endpoint(region), "region_name": region, "aws_access_key_id": ACCESS_KEY,
                "aws_secret_access_key": SECRET_KEY, "config": botocore.config.Config(
                    retries=retries, connect_timeout=10, read_timeout=60, max_pool_connections=64)}

    def _made(self, kind, service, region):
        """One per thread and Region (boto3's resources belong to one thread), and new after every start."""
        mine = self.local.__dict__
        key = (self.starts, kind, service, region)
        if key not in mine:
            session = mine.setdefault("session", boto3.session.Session())
            mine[key] = getattr(session, kind)(service, **self._options(region))
        return mine[key]

    def client(self, region):
        return self._made("client", "dynamodb", region)

    def streams(self, region):
        return self._made("client", "dynamodbstreams", region)

    def resource(self, region):
        return self._made("resource", "dynamodb", region)

    def aws(self, region, *arguments):
        """The AWS CLI; its JSON answer (None when it answers nothing)."""
        done = subprocess.run([AWS, *arguments, "--endpoint-url", self.endpoint(region), "--region", region,
                               "--output", "json", "--no-cli-pager"], capture_output=True, text=True, check=False,
                              timeout=120, env={**os.environ, **self.credentials()})
        assert done.returncode == 0, f"aws {' '.join(arguments)}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def tropic(self, region, *arguments, check=True):
        """A command of ours against the process that hosts the Region."""
        done = subprocess.run([TROPIC, *arguments, "--endpoint", self.endpoint(region), "--credentials", self.keys],
                              capture_output=True, text=True, check=False, timeout=300)
        if check:
            assert done.returncode == 0, f"tropic {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    # ---- the commands of trouble, and what there is to wait for ----

    def link(self, a, b, *flags):
        self.tropic(a, "link", a, b, *flags)

    def status(self, region):
        return json.loads(self.tropic(region, "status", "--json").stdout)

    def conflicts(self, table):
        """How many losing writes all Regions together have kept."""
        kept = 0
        for region in self.regions:
            kept += len(self.conflict_entries(table, region))
        return kept

    def conflict_entries(self, table, region):
        return json.loads(self.tropic(region, "conflicts", table, "--region", region, "--limit", "1000",
                                      "--json").stdout)["conflicts"]

    @staticmethod
    def wait(condition, what, seconds=WAIT_SECONDS):
        return wait(condition, what, seconds)

    def wait_replica(self, table, region, replica, status="ACTIVE"):
        """Until DescribeTable in `region` shows the replica so, and the replica itself is open."""
        client, there = self.client(region), self.client(replica)

        def ready():
            described = client.describe_table(TableName=table)["Table"]
            states = {r["RegionName"]: r.get("ReplicaStatus") for r in described.get("Replicas", [])}
            if states.get(replica) != status or described["TableStatus"] != "ACTIVE":
                assert states.get(replica) != "CREATION_FAILED", described
                return False
            return there.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"
        wait(ready, f"{table} in {replica} to be {status}")

    def verify(self, table, region=None):
        region = region or self.regions[0]
        return self.tropic(region, "verify", table, "--region", region, check=False)

    def wait_equal(self, table, region=None):
        """Until `tropic verify` says that all replicas are equal."""
        said = []

        def equal():
            done = self.verify(table, region)
            said[:] = [done.stdout + done.stderr]
            return done.returncode == 0
        try:
            wait(equal, f"replicas of {table} to be equal")
        except AssertionError as e:
            raise AssertionError(f"{e}\n{said[0]}\n{self.tropic(self.regions[0], 'status', check=False).stdout}") from None
