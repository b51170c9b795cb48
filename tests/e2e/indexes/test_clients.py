"""Secondary indexes as clients use them: boto3 with waiters and paginators, the AWS CLI, the SDK for JavaScript v3 (which
alone of the three knows keys of several attributes).
"""
import json
import os
import subprocess

import pytest
from boto3.dynamodb.conditions import Attr, Key
from lib.cluster import ROOT

REGION = "us-east-1"


@pytest.fixture(scope="module")
def cluster(make_cluster_module):
    return make_cluster_module("serve", [REGION])


def test_boto3(cluster):
    table = cluster.resource(REGION).create_table(
        TableName="Songs", BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 1000, "WriteCapacityUnits": 1000},
        KeySchema=[{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in
                              (("artist", "S"), ("song", "S"), ("year", "N"), ("genre", "S"))],
        LocalSecondaryIndexes=[{"IndexName": "byYear", "Projection": {"ProjectionType": "KEYS_ONLY"}, "KeySchema": [
            {"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}]}],
        GlobalSecondaryIndexes=[{
            "IndexName": "byGenre", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
                {"AttributeName": "genre", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": 1000, "WriteCapacityUnits": 1000}}])
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for n in range(40):
            batch.put_item(Item={"artist": f"artist{n % 4}", "song": f"song{n:02}", "year": 1980 + n, "genre": "ab"[n % 2],
                                 "plays": n})
    found = table.query(IndexName="byYear", KeyConditionExpression=Key("artist").eq("artist1") & Key("year").between(1981, 1993),
                        Select="ALL_ATTRIBUTES", ConsistentRead=True)
    assert [i["plays"] for i in found["Items"]] == [1, 5, 9, 13]
    pages = table.meta.client.get_paginator("query").paginate(
        TableName="Songs", IndexName="byGenre", KeyConditionExpression=Key("genre").eq("b"), ScanIndexForward=False,
        FilterExpression=Attr("plays").gt(10), PaginationConfig={"PageSize": 6})
    assert [int(i["year"]) for page in pages for i in page["Items"]] == list(range(2019, 1990, -2))
    pages = table.meta.client.get_paginator("scan").paginate(TableName="Songs", IndexName="byYear",
                                                             PaginationConfig={"PageSize": 7})
    assert sum(page["Count"] for page in pages) == 40


def test_aws_cli(cluster):
    cluster.aws(REGION, "dynamodb", "create-table", "--table-name", "Cli", "--billing-mode", "PAY_PER_REQUEST",
                "--attribute-definitions", "AttributeName=id,AttributeType=S", "AttributeName=kind,AttributeType=S",
                "--key-schema", "AttributeName=id,KeyType=HASH", "--global-secondary-indexes",
                "IndexName=byKind,KeySchema=[{AttributeName=kind,KeyType=HASH}],Projection={ProjectionType=KEYS_ONLY}")
    cluster.aws(REGION, "dynamodb", "wait", "table-exists", "--table-name", "Cli")
    for n in range(3):
        cluster.aws(REGION, "dynamodb", "put-item", "--table-name", "Cli", "--item",
                    json.dumps({"id": {"S": str(n)}, "kind": {"S": "a"}, "more": {"S": "x"}}))
    found = cluster.aws(REGION, "dynamodb", "query", "--table-name", "Cli", "--index-name", "byKind", "--page-size", "1",
                        "--key-condition-expression", "kind = :k", "--expression-attribute-values", '{":k": {"S": "a"}}')
    assert found["Count"] == 3 and all(set(i) == {"id", "kind"} for i in found["Items"])
    cluster.aws(REGION, "dynamodb", "update-table", "--table-name", "Cli", "--global-secondary-index-updates",
                json.dumps([{"Delete": {"IndexName": "byKind"}}]))
    cluster.wait(lambda: "GlobalSecondaryIndexes" not in cluster.aws(
        REGION, "dynamodb", "describe-table", "--table-name", "Cli")["Table"], "the index to be gone")


def test_sdk_for_javascript(cluster):
    done = subprocess.run([f"{ROOT}/scripts/node/node", f"{ROOT}/tests/js/indexes.mjs",
                           cluster.endpoint(REGION), REGION, "Posts"], capture_output=True, text=True,
                          env={**os.environ, **cluster.credentials()}, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "march": ["a-3-10", "a-3-20"], "attributes": ["day", "id", "month", "tenant", "title", "year"],
        "pages": [["a-3-20", "a-3-10", "a-3-1", "a-2-20"], ["a-2-10", "a-2-1"]], "scanned": 18,
        "added": ["month", "day", "title"], "byMonth": ["a-2-10", "b-2-10"]}
