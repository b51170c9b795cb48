"""The limit of item collections, which the sanitizer build lowers to 16 MB (Makefile): what is at the limit grows no more,
what makes it smaller is let through, and other collections do not notice.
"""
import os

import pytest
from botocore.exceptions import ClientError

REGION, LIMIT = "us-east-1", 16 << 20

pytestmark = pytest.mark.skipif(os.environ.get("TROPIC_BUILD") != "asan", reason="the limit is 10 GB in this build")


def refused(call, **arguments):
    with pytest.raises(ClientError) as e:
        call(**arguments)
    assert e.value.response["Error"] == {"Code": "ItemCollectionSizeLimitExceededException",
                                         "Message": "Collection size exceeded."}


def test_a_full_collection(make_cluster):
    cluster = make_cluster("dev", [REGION], in_memory=True)
    table = cluster.resource(REGION).create_table(
        TableName="Collections", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": t} for n, t in (("pk", "S"), ("sk", "N"), ("l", "N"))],
        LocalSecondaryIndexes=[{"IndexName": "local", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}]}])

    def item(number, size=350000, **more):
        return {"pk": "full", "sk": number, "l": number, "v": "x" * size, **more}

    put = 0
    while (put + 1) * 2 * 350000 < LIMIT:  # each item counts twice, with its entry
        table.put_item(Item=item(put))
        put += 1
    refused(table.put_item, Item=item(put))
    table.put_item(Item=item(put, (LIMIT - put * 2 * 350000) // 2 - 10000))  # some kilobytes are left
    refused(table.update_item, Key={"pk": "full", "sk": put}, UpdateExpression="SET w = :w",
            ExpressionAttributeValues={":w": "x" * 20000})
    client = cluster.client(REGION)
    refused(client.batch_write_item, RequestItems={"Collections": [{"PutRequest": {"Item": {
        "pk": {"S": "full"}, "sk": {"N": "999"}, "l": {"N": "1"}, "v": {"S": "x" * 350000}}}}]})
    with pytest.raises(ClientError) as e:
        client.transact_write_items(TransactItems=[{"Put": {"TableName": "Collections", "Item": {
            "pk": {"S": "full"}, "sk": {"N": "999"}, "l": {"N": "1"}, "v": {"S": "x" * 350000}}}}])
    assert e.value.response.get("CancellationReasons", e.value.response) == [
        {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."}]
    table.put_item(Item={**item(1), "pk": "other"})
    table.update_item(Key={"pk": "full", "sk": 0}, UpdateExpression="REMOVE v")
    table.delete_item(Key={"pk": "full", "sk": 1})
    table.put_item(Item=item(put))

