"""POST /_tropic/v1/conflicts and `tropic conflicts`: which Region's write won, and which Region's lost.

Protects issue 2 (writes that lose are kept and can be looked at) and what the console says about them: Regions have names.
"""
from lib.cluster import wait

REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2"]
A, B, C = REGIONS
TABLE = {"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}


def sides(cluster, region):
    """Of each key that lost in the Region: who won, who lost."""
    return {entry["key"]["pk"]["S"]: (entry["winner"]["region"], entry["loser"]["region"])
            for entry in cluster.conflict_entries("Music", region)}


def test_conflicts_name_the_regions_of_both_writes(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    cluster.client(A).create_table(**TABLE)
    cluster.client(A).get_waiter("table_exists").wait(TableName="Music")
    for region in (B, C):
        cluster.client(A).update_table(TableName="Music", ReplicaUpdates=[{"Create": {"RegionName": region}}])
        cluster.wait_replica("Music", A, region)
    for one, other in ((A, B), (A, C), (B, C)):
        cluster.link(one, other, "--cut")
    # The later write wins.
    for region, keys in ((A, "xy"), (B, "x"), (C, "y")):
        for key in keys:
            cluster.client(region).put_item(TableName="Music", Item={"pk": {"S": key}, "by": {"S": region}})
    cluster.client(B).put_item(TableName="Music", Item={"pk": {"S": "z"}, "by": {"S": B}})
    cluster.client(A).delete_item(TableName="Music", Key={"pk": {"S": "x"}})
    for one, other in ((A, B), (A, C), (B, C)):
        cluster.link(one, other, "--heal")
    cluster.wait_equal("Music")
    assert sides(cluster, A) == {"y": (C, A)}
    assert sides(cluster, B) == {"x": (A, B)}
    assert sides(cluster, C) == {}
    shown = cluster.tropic(A, "conflicts", "Music", "--region", A).stdout
    assert A in shown and C in shown and B not in shown

    cluster.client(A).update_table(TableName="Music", ReplicaUpdates=[{"Delete": {"RegionName": C}}])
    wait(lambda: sides(cluster, A) == {"y": (None, A)}, "the removed replica to have no name")
    assert sides(cluster, B) == {"x": (A, B)}
