"""Contributor insights: settings of tables and global indexes with their states, and keys that are really counted.

Protects docs/status.md, "Contributor insights". Settings go as raw JSON where boto3's model may be older than the mode.
"""
import json

import botocore
import pytest
from calls import Tropic

REGION = "us-east-1"
ENABLE, DISABLE = {"ContributorInsightsAction": "ENABLE"}, {"ContributorInsightsAction": "DISABLE"}


@pytest.fixture(scope="module")
def cluster(make_cluster_module):
    return make_cluster_module("dev", [REGION, "eu-west-1"], in_memory=True, retries=0, extra=["--throttle"])


@pytest.fixture(scope="module")
def client(cluster):
    return cluster.client(REGION)


@pytest.fixture(scope="module")
def raw(cluster):
    return Tropic(cluster.endpoint(REGION))


def create(client, name, units=None, write_units=None):
    """pk and sk, and a global index by `genre` without a sort key."""
    attributes = ["pk", "sk", "genre"]
    index = {"IndexName": "ByGenre", "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "ALL"}}
    billing = {"BillingMode": "PAY_PER_REQUEST"}
    if units:
        billing = {"ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": write_units or units}}
        index.update(billing)
    client.create_table(TableName=name, **billing, GlobalSecondaryIndexes=[index],
                        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in attributes],
                        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


def put(client, table, pk, sk, **more):
    client.put_item(TableName=table, Item={"pk": {"S": pk}, "sk": {"S": sk}, **{k: {"S": v} for k, v in more.items()}})


def insights(cluster, table, *more, region=REGION):
    return json.loads(cluster.tropic(region, "insights", table, "--region", region, "--json", *more).stdout)


def ranking(cluster, table, rule, *more):
    """[("a/1", 2.0), ...], greatest first."""
    for one in insights(cluster, table, *more)["rankings"]:
        if one["rule"] == rule:
            assert all(found["error"] == 0 for found in one["contributors"])
            return [("/".join(next(iter(value.values())) for value in found["key"].values()), found["count"])
                    for found in one["contributors"]]
    raise AssertionError(f"no ranking {rule}")


def test_skewed_access_is_ranked(cluster, client):
    create(client, "Skewed")
    put(client, "Skewed", "before", "1")
    client.update_contributor_insights(TableName="Skewed", ContributorInsightsAction="ENABLE")
    for i in range(6):
        put(client, "Skewed", "hot", str(i % 2))
    put(client, "Skewed", "warm", "1")
    put(client, "Skewed", "warm", "2")
    for _ in range(3):
        client.get_item(TableName="Skewed", Key={"pk": {"S": "cold"}, "sk": {"S": "1"}})
    client.query(TableName="Skewed", KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "warm"}},
                 ConsistentRead=True)
    client.scan(TableName="Skewed")
    assert ranking(cluster, "Skewed", "PKC") == [("hot", 6), ("warm", 3), ("cold", 1.5)]
    assert ranking(cluster, "Skewed", "SKC") == [("hot/0", 3), ("hot/1", 3), ("cold/1", 1.5), ("warm/1", 1), ("warm/2", 1)]
    assert ranking(cluster, "Skewed", "PKC", "--limit", "1") == [("hot", 6)]
    assert ranking(cluster, "Skewed", "PKT") == ranking(cluster, "Skewed", "SKT") == []
    shown = cluster.tropic(REGION, "insights", "Skewed").stdout
    assert shown.index('{"S":"hot"}') < shown.index('{"S":"warm"}') < shown.index('{"S":"cold"}')
    assert "Most throttled partition keys: none" in shown


def test_batches_transactions_and_statements_count_each_item(cluster, client):
    create(client, "Many")
    client.update_contributor_insights(TableName="Many", ContributorInsightsAction="ENABLE")

    def key(pk):
        return {"pk": {"S": pk}, "sk": {"S": "1"}}
    client.batch_write_item(RequestItems={"Many": [{"PutRequest": {"Item": key("a")}}, {"PutRequest": {"Item": key("b")}}]})
    client.batch_get_item(RequestItems={"Many": {"Keys": [key("a"), key("c")], "ConsistentRead": True}})
    client.transact_write_items(TransactItems=[{"Put": {"TableName": "Many", "Item": key("d")}}])
    client.transact_get_items(TransactItems=[{"Get": {"TableName": "Many", "Key": key("a")}}])
    client.execute_statement(Statement="SELECT * FROM \"Many\" WHERE pk IN ['a', 'e']", ConsistentRead=True)
    client.batch_execute_statement(Statements=[{"Statement": "DELETE FROM \"Many\" WHERE pk = 'b' AND sk = '1'"}])
    assert ranking(cluster, "Many", "PKC") == [("a", 5), ("b", 2), ("d", 2), ("c", 1), ("e", 1)]


def test_an_index_is_ranked_by_its_own_keys(cluster, client):
    create(client, "Indexed")
    client.update_contributor_insights(TableName="Indexed", IndexName="ByGenre", ContributorInsightsAction="ENABLE")
    for i in range(4):
        put(client, "Indexed", f"song{i}", "1", genre="jazz" if i else "rock")
    put(client, "Indexed", "song0", "1", genre="jazz")  # moves: a write for either
    put(client, "Indexed", "none", "1")
    client.query(TableName="Indexed", IndexName="ByGenre", KeyConditionExpression="genre = :g",
                 ExpressionAttributeValues={":g": {"S": "rock"}})
    assert ranking(cluster, "Indexed", "PKC", "--index", "ByGenre") == [("jazz", 4), ("rock", 2.5)]
    found = insights(cluster, "Indexed", "--index", "ByGenre")
    assert [one["rule"] for one in found["rankings"]] == ["PKC", "PKT"]  # it has no sort key
    assert insights(cluster, "Indexed")["enabled"] is False
    assert "insights are disabled" in cluster.tropic(REGION, "insights", "Indexed").stdout


def test_throttled_keys(cluster, client, raw):
    create(client, "Throttled", units=1)
    raw.ok("UpdateContributorInsights", {"TableName": "Throttled", **ENABLE, "ContributorInsightsMode": "THROTTLED_KEYS"})
    put(client, "Throttled", "large", "1", text="x" * (350 * 1024))
    for pk, times in (("hot", 3), ("warm", 1)):
        for _ in range(times):
            with pytest.raises(botocore.exceptions.ClientError, match="throughput"):
                put(client, "Throttled", pk, "1")
    assert ranking(cluster, "Throttled", "PKT") == [("hot", 3), ("warm", 1)]
    assert ranking(cluster, "Throttled", "SKT") == [("hot/1", 3), ("warm/1", 1)]
    assert [one["rule"] for one in insights(cluster, "Throttled")["rankings"]] == ["PKT", "SKT"]


def test_reads_of_an_index_that_are_throttled_count_for_the_index(cluster, client, raw):
    create(client, "ReadThrottled", units=1, write_units=1000)
    for of in ({}, {"IndexName": "ByGenre"}):
        raw.ok("UpdateContributorInsights", {"TableName": "ReadThrottled", **of, **ENABLE})
    for i in range(8):  # 198 half units a query; the credit is 600
        put(client, "ReadThrottled", "p", str(i), genre="jazz", text="x" * (99 * 1024))

    def query(genre):
        client.query(TableName="ReadThrottled", IndexName="ByGenre", KeyConditionExpression="genre = :g",
                     ExpressionAttributeValues={":g": {"S": genre}})
    for _ in range(5):
        try:
            query("jazz")
        except client.exceptions.ProvisionedThroughputExceededException:
            break
    with pytest.raises(client.exceptions.ProvisionedThroughputExceededException):
        query("rock")
    assert sorted(ranking(cluster, "ReadThrottled", "PKT", "--index", "ByGenre")) == [("jazz", 1), ("rock", 1)]
    assert ranking(cluster, "ReadThrottled", "PKT") == []


def test_states(client, raw):
    create(client, "States")
    table, index = {"TableName": "States"}, {"TableName": "States", "IndexName": "ByGenre"}

    def described(of=table):
        return raw.ok("DescribeContributorInsights", of)
    assert described() == {**table, "ContributorInsightsStatus": "DISABLED"}
    assert raw.ok("UpdateContributorInsights", {**table, **ENABLE}) == {
        **table, "ContributorInsightsStatus": "ENABLING", "ContributorInsightsMode": "ACCESSED_AND_THROTTLED_KEYS"}
    first = described()
    assert first["ContributorInsightsStatus"] == "ENABLED" and first["LastUpdateDateTime"] > 1.7e9
    assert [rule.split("-")[:3] for rule in first["ContributorInsightsRuleList"]] == [
        ["DynamoDBContributorInsights", kind, "States"] for kind in ("PKC", "SKC", "PKT", "SKT")]
    raw.ok("UpdateContributorInsights", {**table, **ENABLE})
    assert described() == first  # nothing was changed
    raw.ok("UpdateContributorInsights", {**table, **ENABLE, "ContributorInsightsMode": "THROTTLED_KEYS"})
    assert described()["ContributorInsightsMode"] == "THROTTLED_KEYS"
    assert len(described()["ContributorInsightsRuleList"]) == 2
    done = raw.ok("UpdateContributorInsights", {**table, **DISABLE})
    assert done["ContributorInsightsStatus"] == "DISABLING"
    assert described()["ContributorInsightsStatus"] == "DISABLED" and "ContributorInsightsRuleList" not in described()
    assert raw.ok("UpdateContributorInsights", {**index, **ENABLE})["IndexName"] == "ByGenre"
    of_index = described(index)
    assert of_index["IndexName"] == "ByGenre" and of_index["ContributorInsightsStatus"] == "ENABLED"
    assert [rule.rsplit("-", 1)[0] for rule in of_index["ContributorInsightsRuleList"]] == [
        f"DynamoDBContributorInsights-{kind}-ByGenre" for kind in ("PKC", "PKT")]
    assert described()["ContributorInsightsStatus"] == "DISABLED"


def test_disabling_forgets(cluster, client):
    create(client, "Forgotten")
    for action in ("ENABLE", "DISABLE", "ENABLE"):
        client.update_contributor_insights(TableName="Forgotten", ContributorInsightsAction=action)
        put(client, "Forgotten", action, "1")
    assert ranking(cluster, "Forgotten", "PKC") == [("ENABLE", 1)]


def test_each_region_has_its_own_setting(cluster, client):
    create(client, "Everywhere")
    client.update_table(TableName="Everywhere", ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    other = cluster.client("eu-west-1")
    cluster.wait_replica("Everywhere", REGION, "eu-west-1")
    client.update_contributor_insights(TableName="Everywhere", ContributorInsightsAction="ENABLE")
    assert other.describe_contributor_insights(TableName="Everywhere")["ContributorInsightsStatus"] == "DISABLED"
    # A change that is synchronised leaves it alone.
    client.update_time_to_live(TableName="Everywhere", TimeToLiveSpecification={"Enabled": True, "AttributeName": "e"})
    assert client.describe_contributor_insights(TableName="Everywhere")["ContributorInsightsStatus"] == "ENABLED"


def test_list_pages(make_cluster):
    cluster = make_cluster("dev", [REGION], in_memory=True)
    raw = Tropic(cluster.endpoint(REGION))
    for name in ("ListA", "ListB", "ListC"):
        create(cluster.client(REGION), name)
    raw.ok("UpdateContributorInsights", {"TableName": "ListB", "IndexName": "ByGenre", **ENABLE,
                                         "ContributorInsightsMode": "THROTTLED_KEYS"})

    def listed(**body):
        page = raw.ok("ListContributorInsights", body)
        return page["ContributorInsightsSummaries"], page.get("NextToken")
    wanted, token = listed()
    assert token is None
    assert [(one["TableName"], one.get("IndexName")) for one in wanted] == [
        (table, index) for table in ("ListA", "ListB", "ListC") for index in (None, "ByGenre")]
    assert wanted[3] == {"TableName": "ListB", "IndexName": "ByGenre", "ContributorInsightsStatus": "ENABLED",
                         "ContributorInsightsMode": "THROTTLED_KEYS"}
    for size in (1, 2, 4, 5, 6, 100):
        found, token, pages = [], None, 0
        while pages == 0 or token:
            page, token = listed(MaxResults=size, **({"NextToken": token} if token else {}))
            assert 0 < len(page) <= size
            found += page
            pages += 1
        assert found == wanted and pages == -(-len(wanted) // size)
    page, token = listed(TableName="ListB", MaxResults=1)
    assert page == wanted[2:3]
    assert listed(TableName="ListB", NextToken=token) == (wanted[3:4], None)
    for more in ({"NextToken": "x"}, {"NextToken": "1"}, {"NextToken": "/"}, {"NextToken": "9" * 30 + "/ListB"},
                 {"NextToken": token, "TableName": "ListA"}):
        raw.refused("ListContributorInsights", more, "Invalid NextToken")


@pytest.mark.parametrize("operation, body, words", [
    ("UpdateContributorInsights", {"TableName": "Refused"}, "contributorInsightsAction"),
    ("UpdateContributorInsights", {"TableName": "Refused", "ContributorInsightsAction": "ON"}, "enum value set"),
    ("UpdateContributorInsights", {"TableName": "Refused", "ContributorInsightsAction": "ENABLE",
                                   "ContributorInsightsMode": "ALL"}, "contributorInsightsMode"),
    ("UpdateContributorInsights", {"ContributorInsightsAction": "ENABLE"}, "'TableName' is required"),
    ("DescribeContributorInsights", {}, "'TableName' is required"),
    ("ListContributorInsights", {"MaxResults": 101}, "less than or equal to 100"),
    ("ListContributorInsights", {"MaxResults": 0}, "MaxResults"),
    ("ListContributorInsights", {"TableName": "x"}, "at least 3 characters"),
    ("UpdateContributorInsights", {"TableName": "NoSuchTable", "ContributorInsightsAction": "ENABLE"}, "NoSuchTable not found"),
    ("DescribeContributorInsights", {"TableName": "NoSuchTable"}, "NoSuchTable not found"),
    ("ListContributorInsights", {"TableName": "NoSuchTable"}, "NoSuchTable not found"),
    ("UpdateContributorInsights", {"TableName": "Refused", "IndexName": "NoSuchIndex",
                                   "ContributorInsightsAction": "ENABLE"}, "NoSuchIndex not found"),
    ("DescribeContributorInsights", {"TableName": "Refused", "IndexName": "NoSuchIndex"}, "NoSuchIndex not found"),
])
def test_refusals(client, raw, operation, body, words):
    if "Refused" not in client.list_tables()["TableNames"]:
        create(client, "Refused")
    status, answer = raw.call(operation, body)
    assert status == 400 and words in answer["message"], answer
