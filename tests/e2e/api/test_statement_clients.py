"""PartiQL through the AWS CLI and the AWS SDK for JavaScript v3."""
import json
import os
import subprocess

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
TABLE = "Clients"


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    tropic.make_table(TABLE, sort="N")


def aws(tropic, *arguments):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_PAGER": "",
                   "AWS_REGION": "us-east-1"}
    done = subprocess.run(["/usr/bin/aws", "dynamodb", "--endpoint-url", tropic.endpoint, *arguments],
                          capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


def test_the_command_line(tropic):
    aws(tropic, "execute-statement", "--statement", f"INSERT INTO {TABLE} VALUE {{'pk': 'cli', 'sk': 1, 'a': [1, 'x']}}")
    found = aws(tropic, "execute-statement", "--statement", f"SELECT a[1] FROM \"{TABLE}\" WHERE pk = ? AND sk = ?",
                "--parameters", '[{"S": "cli"}, {"N": "1"}]')
    assert found["Items"] == [{"a[1]": {"S": "x"}}]
    found = aws(tropic, "batch-execute-statement", "--statements",
                json.dumps([{"Statement": f"SELECT sk FROM {TABLE} WHERE pk = 'cli' AND sk = 1"}]))
    assert found["Responses"] == [{"TableName": TABLE, "Item": {"sk": {"N": "1"}}}]
    found = aws(tropic, "execute-transaction", "--transact-statements",
                json.dumps([{"Statement": f"SELECT sk FROM {TABLE} WHERE pk = 'cli' AND sk = 1"}]))
    assert found["Responses"] == [{"Item": {"sk": {"N": "1"}}}]


def test_the_document_client(tropic):
    done = subprocess.run([f"{ROOT}/scripts/node/node", f"{ROOT}/tests/js/statements.mjs",
                           tropic.endpoint, "us-east-1", TABLE], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "pages": [[{"sk": sk, "list": [sk, "x", None, True]} for sk in (1, 2, 3)],
                  [{"sk": 4, "list": [4, "x", None, True]}]],
        "tags": ["a", "n1", "z"], "list": [1, "x", None, True, "end"], "duplicate": "DuplicateItemException",
        "batch": [{"TableName": TABLE, "Item": {"sk": 0}}, {"TableName": TABLE}], "transaction": 2}
