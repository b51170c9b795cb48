"""Indexes of a global table: asked for at any member, filled and emptied in every one of them."""
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

A, B = REGIONS = ["us-east-1", "eu-west-1"]
DEFINITIONS = [{"AttributeName": n, "AttributeType": "S"} for n in ("id", "kind", "owner")]


def index(name, attribute):
    return {"IndexName": name, "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}]}


def change(cluster, region, what):
    def asked():
        try:
            cluster.client(region).update_table(TableName="Shared", AttributeDefinitions=DEFINITIONS,
                                                GlobalSecondaryIndexUpdates=[what])
            return True
        except ClientError as e:
            assert e.response["Error"]["Code"] == "ResourceInUseException", e  # a change before is still on its way
            return False
    cluster.wait(asked, f"{region} to take the change")


def indexes(cluster, region):
    described = cluster.client(region).describe_table(TableName="Shared")["Table"]
    return {i["IndexName"]: i["IndexStatus"] for i in described.get("GlobalSecondaryIndexes", [])}


def found(cluster, region, name, attribute, value):
    try:
        answer = cluster.resource(region).Table("Shared").query(
            IndexName=name, KeyConditionExpression=Key(attribute).eq(value))
    except ClientError:
        return None
    return sorted(i["id"] for i in answer["Items"])


def test_indexes_of_a_global_table(make_cluster):
    cluster = make_cluster("dev", REGIONS, in_memory=True)
    table = cluster.resource(A).create_table(
        TableName="Shared", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=DEFINITIONS[:2], GlobalSecondaryIndexes=[index("byKind", "kind")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    for n in range(50):
        table.put_item(Item={"id": f"a{n:02}", "kind": f"k{n % 5}", "owner": f"o{n % 2}"})
    cluster.client(A).update_table(TableName="Shared", ReplicaUpdates=[{"Create": {"RegionName": B}}])
    cluster.wait_replica("Shared", A, B)
    cluster.wait(lambda: indexes(cluster, B) == {"byKind": "ACTIVE"}, "the new replica to have the index")
    replica = cluster.client(A).describe_table(TableName="Shared")["Table"]["Replicas"][0]
    assert [i["IndexName"] for i in replica["GlobalSecondaryIndexes"]] == ["byKind"]

    cluster.resource(B).Table("Shared").put_item(Item={"id": "b00", "kind": "k1", "owner": "o1"})
    expected = sorted([f"a{n:02}" for n in range(50) if n % 5 == 1] + ["b00"])
    for region in REGIONS:
        cluster.wait(lambda r=region: found(cluster, r, "byKind", "kind", "k1") == expected, f"{region} to have all entries")

    change(cluster, B, {"Create": index("byOwner", "owner")})
    for region in REGIONS:
        cluster.wait(lambda r=region: indexes(cluster, r) == {"byKind": "ACTIVE", "byOwner": "ACTIVE"}, f"{region} to fill")
        cluster.wait(lambda r=region: len(found(cluster, r, "byOwner", "owner", "o1") or []) == 26, f"{region} to be filled")
    change(cluster, A, {"Delete": {"IndexName": "byKind"}})
    for region in REGIONS:
        cluster.wait(lambda r=region: indexes(cluster, r) == {"byOwner": "ACTIVE"}, f"{region} to have emptied it")
        with pytest.raises(ClientError, match="does not have the specified index: byKind"):
            cluster.resource(region).Table("Shared").query(IndexName="byKind", KeyConditionExpression=Key("kind").eq("k1"))
    cluster.wait_equal("Shared")
