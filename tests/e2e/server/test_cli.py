"""The command line without a server: help that teaches, errors that say what to do, exit codes.

Protects issue item 2 (one binary, its commands) and docs/operations.md, "Exit codes".
"""
import re
import subprocess

import pytest
from lib.cluster import TROPIC, free_port

COMMANDS = ["dev", "serve", "certs", "status", "history", "verify", "conflicts", "insights", "link", "region", "clock", "help", "version"]


def run(*arguments):
    return subprocess.run([TROPIC, *arguments], capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)


def refused(code, *arguments):
    """The one line on standard error."""
    done = run(*arguments)
    assert done.returncode == code, done
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("tropic: "), done.stderr
    return lines[0]


def test_help_lists_every_command_and_each_has_its_own_with_examples():
    overview = run("help").stdout
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", overview, re.M), command
        done = run("help", command)
        assert done.returncode == 0
        assert f"usage: tropic {command}" in done.stdout
        assert re.search(rf"^Examples:\n  tropic {command}", done.stdout, re.M), done.stdout
        assert run(command, "--help").stdout == done.stdout
    for line in overview.splitlines():
        assert len(line) <= 100


def test_manual_page_names_every_command_and_flag():
    with open("docs/tropic.1", encoding="utf-8") as f:
        manual = f.read().replace("Fl -", "--")
    for command in COMMANDS:
        assert f".Cm {command}" in manual
        for flag in re.findall(r"^  (--[a-z-]+)", run("help", command).stdout, re.M):
            assert flag in manual, f"{command} {flag}"


def test_no_command_shows_help_and_fails():
    done = run()
    assert done.returncode == 2 and "usage: tropic <command>" in done.stdout


def test_version():
    assert re.fullmatch(r"tropic \d+\.\d+\.\d+\n", run("version").stdout)


@pytest.mark.parametrize("arguments, words", [
    (["sevre"], 'unknown command "sevre"; did you mean `tropic serve`?'),
    (["frobnicate"], "`tropic help` lists the commands"),
    (["dev", "--prot", "1"], "did you mean --port?"),
    (["dev", "--port", "99999"], 'not a port'),
    (["dev", "--port"], "--port needs a value: --port PORT"),
    (["dev", "extra"], 'do not know what to do with "extra"'),
    (["dev", "--listen", "0.0.0.0"], "listens on loopback only, not on 0.0.0.0; use `tropic serve`"),
    (["dev", "--regions", "us-east-1,US"], '"US" cannot name a Region'),
    (["dev", "--regions", "a,b,a"], "a is named twice"),
    (["dev", "--in-memory", "--data", "x"], "exclude each other"),
    (["serve"], "which Region?"),
    (["serve", "--region", "r"], "needs to know who may sign; give a file of access keys (--credentials FILE)"),
    (["serve", "--region", "r", "--credentials", "k", "--peers", "s"], "write Region=host:port"),
    (["serve", "--region", "r", "--credentials", "k", "--peers", "s=h"], "certificates for links"),
    (["serve", "--region", "r", "--credentials", "k", "--peers", "r=h", "--certs", "c"], "r is named twice"),
    (["serve", "/nowhere/tropic.yaml"], "/nowhere/tropic.yaml: No such file or directory"),
    (["serve", "x.yaml", "--region", "r"], "exclude each other"),
    (["certs", "dir"], "something is missing; usage: tropic certs DIR REGION..."),
    (["certs", "dir", "not a name"], "cannot name a Region"),
    (["link", "a"], "usage: tropic link A B"),
    (["link", "a", "b", "--cut", "--heal"], "exclude each other"),
    (["region", "a"], "give either --stop or --start"),
    (["status", "--endpoint", "ftp://x"], "not http:// or https://"),
    (["verify", "T", "--differences", "0"], "a number from 1 to"),
])
def test_wrong_usage_is_one_line_with_what_to_do_and_exit_2(arguments, words):
    assert words in refused(2, *arguments)


def test_server_that_is_not_there_is_exit_1():
    line = refused(1, "status", "--endpoint", f"http://127.0.0.1:{free_port()}")
    assert "cannot reach" in line and "is the server running" in line


def test_bad_configuration_file_names_its_line(tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text("credentials: keys\nregions:\n  - name: us-east-1\n    lisen: 0.0.0.0:8100\n")
    assert f'{path}:4: unknown key "lisen"; did you mean "listen"?' in refused(2, "serve", str(path))


def test_example_configuration_is_understood(tmp_path):
    """It fails only for want of the files that it names."""
    with open("examples/tropic.yaml", encoding="utf-8") as f:
        text = f.read().replace("/var/lib/tropic", str(tmp_path / "data"))
    (tmp_path / "t.yaml").write_text(text)
    assert "/etc/tropic/credentials" in refused(1, "serve", str(tmp_path / "t.yaml"), "--port", str(free_port()))


def test_missing_and_empty_credentials_are_refused(tmp_path):
    port = str(free_port())
    common = ["serve", "--region", "r", "--port", port, "--listen", "127.0.0.1", "--data", str(tmp_path / "d")]
    assert "No such file" in refused(1, *common, "--credentials", str(tmp_path / "none"))
    (tmp_path / "keys").write_text("# nobody\n")
    (tmp_path / "keys").chmod(0o600)
    assert "holds no access key" in refused(1, *common, "--credentials", str(tmp_path / "keys"))


def test_certs_keeps_what_is_there_and_adds_regions(tmp_path):
    folder = tmp_path / "certs"
    assert run("certs", str(folder), "us-east-1").returncode == 0
    before = (folder / "us-east-1.pem").read_bytes()
    assert run("certs", str(folder), "us-east-1", "eu-west-1").returncode == 0
    assert (folder / "us-east-1.pem").read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == [
        "ca-key.pem", "ca.pem", "eu-west-1-key.pem", "eu-west-1.pem", "us-east-1-key.pem", "us-east-1.pem"]
    assert all(p.stat().st_mode & 0o077 == 0 for p in folder.iterdir())
