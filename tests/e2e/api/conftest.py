"""A server for the tests of operations.

With TROPIC_ENDPOINT set, that running `tropic dev` is used instead of one of our own.
"""
import os

import pytest

from calls import Tropic


@pytest.fixture(scope="module")
def tropic(make_cluster_module, request):
    if "TROPIC_ENDPOINT" in os.environ:
        running = Tropic(os.environ["TROPIC_ENDPOINT"])
        for name in running.ok("ListTables", {})["TableNames"]:
            running.call("UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False})
            running.ok("DeleteTable", {"TableName": name})
        return running
    regions = getattr(request.module, "REGIONS", ["us-east-1"])
    return Tropic(make_cluster_module("dev", regions, in_memory=True).endpoint(regions[0]))
