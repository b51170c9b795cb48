"""What every folder of end-to-end tests shares: the cluster fixtures, and the closing line of a suite.

A conftest.py takes it all with `from lib.plugin import *`.
"""
import os
import time

import pytest

from .cluster import Cluster

__all__ = ["make_cluster", "make_cluster_module", "pytest_configure", "pytest_runtest_logreport",
           "pytest_runtest_makereport", "pytest_collectreport", "pytest_unconfigure"]


# ---- clusters ----

def _factory(tmp_path_factory, made):
    def make(kind, regions, **options):
        cluster = Cluster(kind, regions, tmp_path_factory.mktemp(kind), **options)
        made.append(cluster)
        cluster.start()
        return cluster
    return make


def _end(made, failed):
    """A server must stop cleanly after every test that passed, sanitizers included; otherwise show its log."""
    for cluster in made:
        try:
            if failed:
                for process in cluster.processes:
                    print(f"---- log of {process.name}\n{process.log()[-20000:]}")
            else:
                cluster.stop()
        finally:
            cluster.abandon()


@pytest.fixture
def make_cluster(tmp_path_factory, request):
    """make_cluster(kind, regions, data=None, in_memory=False, retries=None, extra=()): a running Cluster."""
    made = []
    yield _factory(tmp_path_factory, made)
    report = getattr(request.node, "report_of_call", None)
    _end(made, report is None or report.failed)


@pytest.fixture(scope="module")
def make_cluster_module(tmp_path_factory, request):
    """The same, for all tests of a file."""
    made = []
    failed_before = request.session.testsfailed
    yield _factory(tmp_path_factory, made)
    _end(made, request.session.testsfailed > failed_before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.report_of_call = outcome.get_result()


# ---- "<suite>: N passed, N failed in S s" ----

_counts = {"passed": 0, "failed": 0, "start": 0.0}


def pytest_configure(config):
    _counts["start"] = time.monotonic()


def pytest_runtest_logreport(report):
    if report.failed:
        _counts["failed"] += 1
    elif report.when == "call" and report.passed:
        _counts["passed"] += 1


def pytest_collectreport(report):
    if report.failed:
        _counts["failed"] += 1


def pytest_unconfigure(config):
    print(f"\n{os.environ.get('TROPIC_SUITE', 'e2e')}: {_counts['passed']} passed, {_counts['failed']} failed in "
          f"{time.monotonic() - _counts['start']:.1f} s", flush=True)
