"""What is pending: this Region's own changes of a table that a peer has not acknowledged, and nothing else.

Protects the rule that `tropic status`, /metrics, the history and the console's map say how much would be lost with a Region
now: neither replicated changes, nor those of other tables, nor acknowledged ones count; a restart forgets none.
"""
import pytest
from lib.cluster import wait

REGIONS = ["us-east-1", "eu-west-1"]
A, B = REGIONS


def definition(name):
    return {"TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}


def write(cluster, region, table, keys):
    for key in keys:
        cluster.client(region).put_item(TableName=table, Item={"pk": {"S": key}, "by": {"S": region}})


def pending(cluster, region, name="pending_changes"):
    """By table. Of one process each, so that the other one may be away."""
    return {feed["table"]: feed[name] for feed in cluster.status(region)["feeds"] if feed["region"] == region}


def wait_pending(cluster, region, expected):
    """Until the next look at the numbers, and then exactly these."""
    said = []

    def right():
        said[:] = [pending(cluster, region)]
        return said[0] == expected
    try:
        wait(right, "the numbers", 30)
    except AssertionError:
        raise AssertionError(f"{region} says that {said[0]} is pending, not {expected}") from None


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_pending_is_exact_across_a_cut_link_and_a_restart(make_cluster, end):
    cluster = make_cluster("serve", REGIONS)
    for name in ("Busy", "Calm", "Idle"):
        cluster.client(A).create_table(**definition(name))
        cluster.client(A).get_waiter("table_exists").wait(TableName=name)
        cluster.client(A).update_table(TableName=name, ReplicaUpdates=[{"Create": {"RegionName": B}}])
        cluster.wait_replica(name, A, B)
    # Both Regions' writes mixed, all acknowledged.
    for n in range(5):
        for table in ("Busy", "Calm"):
            write(cluster, A, table, [f"a{n}-{i}" for i in range(8)])
            write(cluster, B, table, [f"b{n}-{i}" for i in range(8)])
    nothing = {"Busy": 0, "Calm": 0, "Idle": 0}
    for region in REGIONS:
        wait_pending(cluster, region, nothing)

    cluster.link(A, B, "--cut")
    write(cluster, A, "Busy", [f"cut{n}" for n in range(137)])
    write(cluster, A, "Calm", [f"cut{n}" for n in range(3)])
    write(cluster, B, "Busy", [f"there{n}" for n in range(11)])
    cluster.client(A).delete_item(TableName="Calm", Key={"pk": {"S": "cut0"}})
    cluster.client(A).transact_write_items(TransactItems=[
        {"Put": {"TableName": table, "Item": {"pk": {"S": "together"}}}} for table in ("Busy", "Calm")])
    cut = {"Busy": 138, "Calm": 5, "Idle": 0}
    wait_pending(cluster, A, cut)
    wait_pending(cluster, B, {"Busy": 11, "Calm": 0, "Idle": 0})
    sizes = pending(cluster, A, "pending_bytes")
    assert sizes["Idle"] == 0 and sizes["Busy"] > sizes["Calm"] > 0

    # The peer is away, so that only what is on disk can tell.
    cluster.kill(B)
    if end == "kill":
        cluster.kill(A)
    cluster.restart(A)
    wait_pending(cluster, A, cut)
    assert pending(cluster, A, "pending_bytes") == sizes
    write(cluster, A, "Idle", ["one"])
    wait_pending(cluster, A, {**cut, "Idle": 1})

    cluster.restart(B)
    for table in ("Busy", "Calm", "Idle"):
        cluster.wait_equal(table)
    for region in REGIONS:
        wait_pending(cluster, region, nothing)
