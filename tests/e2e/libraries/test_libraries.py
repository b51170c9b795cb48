"""Libraries that people use on DynamoDB, unchanged, on Tropic: each makes a table, queries page by page, updates under
conditions, runs transactions and deletes, as far as it offers them. The scripts are in tests/js/libraries.
"""
import os
import subprocess

import pytest
from lib.cluster import ROOT

NODE = f"{ROOT}/scripts/node/node"
LIBRARIES = ["electrodb", "dynamoose", "dynamodb-toolbox", "dynamodb-onetable", "dynamodb-admin", "connect-dynamodb", "keyv"]


@pytest.fixture(scope="module")
def cluster(make_cluster_module):
    return make_cluster_module("serve", ["us-east-1"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_library(cluster, library):
    done = subprocess.run([NODE, f"{ROOT}/tests/js/libraries/{library}.mjs", cluster.endpoint("us-east-1"), f"library-{library}"],
                          capture_output=True, text=True, env={**os.environ, **cluster.credentials()}, timeout=180, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
