"""TransactWriteItems and TransactGetItems. Source: dynamodb-operations.md sections 10 and 11."""
import random
import threading
import uuid

import pytest
from botocore.exceptions import ClientError

from calls import DYNAMODB, ENVELOPE, INVALID

ONE, TWO = "TransactOne", "TransactTwo"
CANCELED = DYNAMODB + "TransactionCanceledException"
TWICE = "Transaction request cannot include multiple operations on one item"
KEY_SCHEMA = "The provided key element does not match the schema"
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
NONE = {"Code": "None"}
ABSENT, THERE = "attribute_not_exists(pk)", "attribute_exists(pk)"


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    tropic.make_table(ONE)
    tropic.make_table(TWO, sort="N")


def key(name):
    return {"pk": {"S": name}}


def put(name, v="0", table=ONE, **more):
    return {"Put": {"TableName": table, "Item": {**key(name), "v": {"N": v}}, **more}}


def update(name, expression, values=None, table=ONE, **more):
    return {"Update": {"TableName": table, "Key": key(name), "UpdateExpression": expression,
                       **({"ExpressionAttributeValues": values} if values else {}), **more}}


def delete(name, **more):
    return {"Delete": {"TableName": ONE, "Key": key(name), **more}}


def check(name, condition, **more):
    return {"ConditionCheck": {"TableName": ONE, "Key": key(name), "ConditionExpression": condition, **more}}


def write(tropic, *items, **more):
    return tropic.ok("TransactWriteItems", {"TransactItems": list(items), **more})


def cancelled(tropic, *items, operation="TransactWriteItems", **more):
    """The reasons."""
    status, answer = tropic.call(operation, {"TransactItems": list(items), **more})
    assert status == 400 and answer["__type"] == CANCELED, answer
    codes = ", ".join(reason["Code"] for reason in answer["CancellationReasons"])
    assert answer["Message"] == (
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]")
    return answer["CancellationReasons"]


def get(tropic, name, table=ONE):
    return tropic.ok("GetItem", {"TableName": table, "Key": key(name)}).get("Item")


def read(tropic, *names):
    items = [{"Get": {"TableName": ONE, "Key": key(name)}} for name in names]
    return [r.get("Item") for r in tropic.ok("TransactGetItems", {"TransactItems": items})["Responses"]]


def test_all_four_actions_over_two_tables(tropic):
    write(tropic, put("a1"), put("a2"), put("a3"))
    two = {"pk": {"S": "x"}, "sk": {"N": "1"}}
    assert write(tropic, put("a0", "7"), update("a1", "ADD v :d", {":d": {"N": "5"}}), delete("a2"), check("a3", THERE),
                 {"Put": {"TableName": TWO, "Item": two}}) == {}
    assert read(tropic, "a0", "a1", "a2", "a3") == [
        {**key("a0"), "v": {"N": "7"}}, {**key("a1"), "v": {"N": "5"}}, None, {**key("a3"), "v": {"N": "0"}}]
    assert tropic.ok("GetItem", {"TableName": TWO, "Key": two})["Item"] == two


def test_a_condition_that_fails_cancels_all_and_every_action_is_tried(tropic):
    write(tropic, put("b1", "1"))
    assert cancelled(tropic, put("b0"), put("b1", "2", ConditionExpression=ABSENT),
                     update("b2", "SET v = :v", {":v": {"N": "1"}}),
                     check("b3", THERE)) == [NONE, FAILED, NONE, FAILED]
    assert read(tropic, "b0", "b1", "b2") == [None, {**key("b1"), "v": {"N": "1"}}, None]


def test_the_item_comes_with_the_reason_when_asked_for(tropic):
    write(tropic, put("c1", "1"))
    wanted = {"ConditionExpression": ABSENT, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    item = {**key("c1"), "v": {"N": "1"}}
    assert cancelled(tropic, put("c1", "2", **wanted)) == [{**FAILED, "Item": item}]
    assert cancelled(tropic, delete("c1", **wanted)) == [{**FAILED, "Item": item}]
    assert cancelled(tropic, update("c1", "REMOVE v", **wanted)) == [{**FAILED, "Item": item}]
    del wanted["ConditionExpression"]
    assert cancelled(tropic, check("c1", ABSENT, **wanted)) == [{**FAILED, "Item": item}]
    assert cancelled(tropic, check("c2", THERE, **wanted)) == [FAILED]


def test_what_an_action_alone_would_be_refused_for_is_a_reason(tropic):
    write(tropic, put("d1"), put("d2"))
    no_attribute = "The provided expression refers to an attribute that does not exist in the item"
    assert cancelled(tropic, update("d1", "SET a = b"), delete("d2")) == [
        {"Code": "ValidationError", "Message": no_attribute}, NONE]
    assert get(tropic, "d2") is not None
    large = {":v": {"S": "x" * 409600}}
    assert cancelled(tropic, update("d1", "SET w = :v", large)) == [
        {"Code": "ValidationError", "Message": "Item size to update has exceeded the maximum allowed size"}]
    wrong = {"Put": {"TableName": ONE, "Item": {"pk": {"N": "1"}}}}
    assert cancelled(tropic, put("d3"), wrong) == [NONE, {
        "Code": "ValidationError", "Message": INVALID + "Type mismatch for key pk expected: S actual: N"}]
    assert cancelled(tropic, {"Delete": {"TableName": ONE, "Key": {"x": {"S": "1"}}}}) == [
        {"Code": "ValidationError", "Message": KEY_SCHEMA}]
    assert cancelled(tropic, delete("k" * 2049)) == [{
        "Code": "ValidationError",
        "Message": INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"}]


def test_mistakes_of_the_request_are_no_cancellation(tropic):
    def refused(message, *items, **more):
        tropic.refused("TransactWriteItems", {"TransactItems": list(items), **more}, message)

    at = " at 'transactItems' failed to satisfy constraint: Member must have length "
    refused(ENVELOPE + "Value '[]'" + at + "greater than or equal to 1")
    status, answer = tropic.call("TransactWriteItems", {"TransactItems": [put(f"e{n}") for n in range(101)]})
    assert status == 400 and answer["message"].endswith(at + "less than or equal to 100")
    only_one = "TransactItems can only contain one of Check, Put, Update or Delete"
    refused(only_one, {})
    refused(only_one, {**put("e1"), **delete("e2")})
    null = ENVELOPE + "Value null at 'transactItems.{}' failed to satisfy constraint: Member must not be null"
    refused(null.format("1.member.update.updateExpression"), {"Update": {"TableName": ONE, "Key": key("e")}})
    refused(null.format("2.member.conditionCheck.conditionExpression"), put("e"),
            {"ConditionCheck": {"TableName": ONE, "Key": key("e")}})
    refused(null.format("1.member.put.item"), {"Put": {"TableName": ONE}})
    refused(ENVELOPE + f"Value '{'t' * 37}' at 'clientRequestToken' failed to satisfy constraint: "
            "Member must have length less than or equal to 36", put("e"), ClientRequestToken="t" * 37)
    refused("Invalid ConditionExpression: The expression can not be empty;", put("e", ConditionExpression=""))
    refused("Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}",
            put("e", ConditionExpression=ABSENT, ExpressionAttributeValues={":x": {"S": "1"}}))
    refused("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            "empty string value. Key: pk", delete(""))
    refused("Item size has exceeded the maximum allowed size",
            {"Put": {"TableName": ONE, "Item": {**key("e"), "v": {"S": "x" * 409600}}}})
    refused(TWICE, put("e"), check("e", ABSENT))
    refused(TWICE, delete("e"), update("e", "SET v = :v", {":v": {"N": "1"}}))
    assert get(tropic, "e") is None


def test_a_missing_table(tropic):
    tropic.refused("TransactWriteItems", {"TransactItems": [put("f"), put("f", table="Nowhere")]},
                   "Requested resource not found", DYNAMODB + "ResourceNotFoundException")
    tropic.refused("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "Nowhere", "Key": key("f")}}]},
                   "Requested resource not found", DYNAMODB + "ResourceNotFoundException")
    tropic.refused("TransactWriteItems", {"TransactItems": [put("f"), put("f"), put("f", table="Nowhere")]}, TWICE)
    assert get(tropic, "f") is None


def test_names_and_values_without_an_expression_are_let_pass(tropic):
    write(tropic, put("g", ExpressionAttributeNames={"#a": "b"}, ExpressionAttributeValues={":a": {"S": "b"}}))
    assert get(tropic, "g") is not None
    tropic.ok("TransactGetItems", {"TransactItems": [
        {"Get": {"TableName": ONE, "Key": key("g"), "ExpressionAttributeNames": {"#a": "b"}}}]})


def test_four_megabytes(tropic):
    large = [{"Put": {"TableName": ONE, "Item": {**key(f"h{n}"), "v": {"S": "x" * 390000}}}} for n in range(11)]
    too_large = ("Collection size of items exceeded, which can also be caused by the aggregate size of the items in "
                 "the transaction exceeding the 4MB limit")
    tropic.refused("TransactWriteItems", {"TransactItems": large}, too_large)
    assert get(tropic, "h0") is None
    write(tropic, *large[:10])
    write(tropic, large[10])
    gets = [{"Get": {"TableName": ONE, "Key": key(f"h{n}")}} for n in range(11)]
    tropic.refused("TransactGetItems", {"TransactItems": gets}, too_large)
    assert len(tropic.ok("TransactGetItems", {"TransactItems": gets[:10]})["Responses"]) == 10


def test_a_hundred_items(tropic):
    write(tropic, *[put(f"i{n}", str(n)) for n in range(100)])
    assert read(tropic, *[f"i{n}" for n in range(100)]) == [{**key(f"i{n}"), "v": {"N": str(n)}} for n in range(100)]


# ---- tokens ----

def test_a_token_makes_a_transaction_happen_once(tropic):
    token = str(uuid.uuid4())
    add = update("j", "ADD v :d", {":d": {"N": "1"}})
    for _ in range(3):
        write(tropic, add, ClientRequestToken=token)
    assert get(tropic, "j")["v"] == {"N": "1"}
    write(tropic, {"Update": dict(reversed(add["Update"].items()))}, ClientRequestToken=token)  # the same, in other words
    assert get(tropic, "j")["v"] == {"N": "1"}
    status, answer = tropic.call("TransactWriteItems", {
        "TransactItems": [update("j", "ADD v :d", {":d": {"N": "2"}})], "ClientRequestToken": token})
    assert (status, answer["__type"]) == (400, DYNAMODB + "IdempotentParameterMismatchException")
    assert get(tropic, "j")["v"] == {"N": "1"}
    write(tropic, add, ClientRequestToken=str(uuid.uuid4()))
    assert get(tropic, "j")["v"] == {"N": "2"}


def test_a_cancelled_transaction_leaves_its_token_free(tropic):
    token = str(uuid.uuid4())
    transfer = [update("k", "ADD v :d", {":d": {"N": "1"}}), check("k-gate", THERE)]
    assert cancelled(tropic, *transfer, ClientRequestToken=token) == [NONE, FAILED]
    write(tropic, put("k-gate"))
    for _ in range(2):
        write(tropic, *transfer, ClientRequestToken=token)
    assert get(tropic, "k")["v"] == {"N": "1"}


def test_what_a_repetition_costs(tropic):
    token = str(uuid.uuid4())
    items = [{"Put": {"TableName": ONE, "Item": {**key("l"), "v": {"S": "x" * 5000}}}}, check("l2", ABSENT)]
    first = write(tropic, *items, ClientRequestToken=token, ReturnConsumedCapacity="INDEXES")
    assert first["ConsumedCapacity"] == [
        {"TableName": ONE, "CapacityUnits": 12.0, "WriteCapacityUnits": 12.0,
         "Table": {"CapacityUnits": 12.0, "WriteCapacityUnits": 12.0}}]
    again = write(tropic, *items, ClientRequestToken=token, ReturnConsumedCapacity="TOTAL")
    assert again["ConsumedCapacity"] == [{"TableName": ONE, "CapacityUnits": 6.0, "ReadCapacityUnits": 6.0}]


# ---- reads ----

def test_projections_and_missing_items(tropic):
    write(tropic, put("m", "3"))
    answer = tropic.ok("TransactGetItems", {"TransactItems": [
        {"Get": {"TableName": ONE, "Key": key("m"), "ProjectionExpression": "#v", "ExpressionAttributeNames": {"#v": "v"}}},
        {"Get": {"TableName": ONE, "Key": key("nobody")}},
        {"Get": {"TableName": TWO, "Key": {"pk": {"S": "m"}, "sk": {"N": "9"}}, "ProjectionExpression": "a"}}],
        "ReturnConsumedCapacity": "TOTAL"})
    assert answer["Responses"] == [{"Item": {"v": {"N": "3"}}}, {}, {}]
    assert sorted(answer["ConsumedCapacity"], key=lambda c: c["TableName"]) == [
        {"TableName": ONE, "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0},
        {"TableName": TWO, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]
    answer = tropic.ok("TransactGetItems", {"TransactItems": [
        {"Get": {"TableName": ONE, "Key": key("m"), "ProjectionExpression": "nothing"}}]})
    assert answer == {"Responses": [{}]}


def test_mistakes_of_reads(tropic):
    def one(key, **more):
        return {"Get": {"TableName": ONE, "Key": key, **more}}

    tropic.refused("TransactGetItems", {"TransactItems": [one(key("n")), one(key("n"))]}, TWICE)
    for wrong, message in (({"x": {"S": "1"}}, KEY_SCHEMA), (
            key(""), "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
            "contain an empty string value. Key: pk")):
        assert cancelled(tropic, one(key("n")), one(wrong), operation="TransactGetItems") == [
            NONE, {"Code": "ValidationError", "Message": message}]
    tropic.refused("TransactGetItems", {"TransactItems": [{}]}, ENVELOPE + "Value null at "
                   "'transactItems.1.member.get' failed to satisfy constraint: Member must not be null")
    tropic.refused("TransactGetItems", {"TransactItems": [one(key("n"), ProjectionExpression="a,")]},
                   'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","')


# ---- together ----

def test_boto3_sees_the_reasons(tropic):
    client = tropic.client()
    with pytest.raises(client.exceptions.TransactionCanceledException) as error:
        client.transact_write_items(TransactItems=[put("o"), check("o2", THERE)])
    assert [r["Code"] for r in error.value.response["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    client.transact_write_items(TransactItems=[put("o", "1"), put("o2", "2")])
    answer = client.transact_get_items(TransactItems=[{"Get": {"TableName": ONE, "Key": key(n)}} for n in ("o2", "o")])
    assert [r["Item"]["v"]["N"] for r in answer["Responses"]] == ["2", "1"]


def test_money_is_neither_made_nor_lost(tropic):
    """Transfers between accounts, while readers count all the money: the sum is the same in every read."""
    accounts, each, stop, sums, moved = [f"account{n}" for n in range(8)], 100, threading.Event(), [], []
    write(tropic, *[put(name, str(each)) for name in accounts])

    def transfer(seed):
        client, dice = tropic.client(), random.Random(seed)
        while not stop.is_set():
            source, target = dice.sample(accounts, 2)
            amount = {":d": {"N": str(dice.randint(1, 30))}}
            try:
                client.transact_write_items(TransactItems=[
                    update(source, "SET v = v - :d", amount, ConditionExpression="v >= :d"),
                    update(target, "SET v = v + :d", amount)])
                moved.append(1)
            except ClientError as error:
                assert {r["Code"] for r in error.response["CancellationReasons"]} <= {
                    "None", "ConditionalCheckFailed", "TransactionConflict"}

    def count():
        while len(sums) < 150:
            sums.append(sum(int(item["v"]["N"]) for item in read(tropic, *accounts)))
        stop.set()

    threads = [threading.Thread(target=transfer, args=(seed,)) for seed in range(4)] + [threading.Thread(target=count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(sums) == {each * len(accounts)} and len(moved) > 10


def test_one_record_for_each_item_that_changed(tropic):
    tropic.ok("CreateTable", {
        "TableName": "TransactStream", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}})
    table = {"table": "TransactStream"}
    write(tropic, put("a", "1", **table), put("b", "1", **table))
    write(tropic, put("a", "1", **table), put("b", "2", **table), update("c", "SET v = :v", {":v": {"N": "3"}}, **table),
          {"Delete": {"TableName": "TransactStream", "Key": key("nobody")}})
    arn = tropic.ok("DescribeTable", {"TableName": "TransactStream"})["Table"]["LatestStreamArn"]
    seen = []
    for shard in tropic.ok("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]:
        iterator = tropic.ok("GetShardIterator", {"StreamArn": arn, "ShardId": shard["ShardId"],
                                                  "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
        for record in tropic.ok("GetRecords", {"ShardIterator": iterator})["Records"]:
            seen.append((record["eventName"], record["dynamodb"]["Keys"]["pk"]["S"]))
    assert sorted(seen) == [("INSERT", "a"), ("INSERT", "b"), ("INSERT", "c"), ("MODIFY", "b")]


# ---- indexes ----

def test_indexes_follow_and_are_charged_once(tropic):
    name, text = "TransactIndexed", "S"
    tropic.ok("CreateTable", {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": a, "AttributeType": text} for a in ("pk", "sk", "l", "g")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "LocalSecondaryIndexes": [{
            "IndexName": "local", "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}]}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "global", "Projection": {"ProjectionType": "KEYS_ONLY"},
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}]})

    def item(pk, sk, **more):
        return {"Put": {"TableName": name, "Item": {
            "pk": {"S": pk}, "sk": {"S": sk}, **{a: {"S": v} for a, v in more.items()}}}}

    answer = write(tropic, item("a", "1", l="x", g="y"), item("a", "2", g="y"), item("b", "1", l="x"),
                   ReturnConsumedCapacity="INDEXES", ReturnItemCollectionMetrics="SIZE")
    arm = {"CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}
    table = {"CapacityUnits": 6.0, "WriteCapacityUnits": 6.0}
    assert answer["ConsumedCapacity"] == [{
        "TableName": name, "CapacityUnits": 10.0, "WriteCapacityUnits": 10.0, "Table": table,
        "LocalSecondaryIndexes": {"local": arm}, "GlobalSecondaryIndexes": {"global": arm}}]
    assert answer["ItemCollectionMetrics"] == {name: [
        {"ItemCollectionKey": {"pk": {"S": pk}}, "SizeEstimateRangeGB": [0.0, 1.0]} for pk in "ab"]}
    query = {"TableName": name, "IndexName": "global", "KeyConditionExpression": "g = :g",
             "ExpressionAttributeValues": {":g": {"S": "y"}}}
    assert tropic.ok("Query", query)["Count"] == 2
    wrong = {"Put": {"TableName": name, "Item": {"pk": {"S": "c"}, "sk": {"S": "1"}, "g": {"N": "1"}}}}
    assert [r["Code"] for r in cancelled(tropic, wrong, item("d", "1"))] == ["ValidationError", "None"]
    retyped = {"Update": {"TableName": name, "Key": {"pk": {"S": "a"}, "sk": {"S": "2"}},
                          "UpdateExpression": "SET g = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}}
    assert [r["Code"] for r in cancelled(tropic, item("d", "1", g="y"), retyped)] == ["None", "ValidationError"]
    assert tropic.ok("Query", query)["Count"] == 2
    write(tropic, {"Delete": {"TableName": name, "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}}}, item("a", "2"))
    assert tropic.ok("Query", query)["Count"] == 0


def test_an_update_is_held_to_the_size_of_its_item_alone(tropic):
    """dynamodb-values-capacity.md section 4: what the actions cost counts in UpdateItem only."""
    def largest(name):  # 409,600 bytes with the names and the key
        return {":v": {"S": "x" * (409600 - len("pk") - len(name) - len("v"))}}

    tropic.refused("UpdateItem", {"TableName": ONE, "Key": key("flat"), "UpdateExpression": "SET v = :v",
                                  "ExpressionAttributeValues": largest("flat")},
                   "Item size to update has exceeded the maximum allowed size")
    write(tropic, update("flat", "SET v = :v", largest("flat")))
    assert len(tropic.ok("GetItem", {"TableName": ONE, "Key": key("flat")})["Item"]["v"]["S"]) > 409000
