"""Valid requests of all operations: the stock that mutations start from.

Two sources. WRITTEN holds requests by hand which the server accepts and which reach far into an operation. From the published
model (tests/js/model.mjs) a request of any operation can be made with plausible values in all its members, so that
an operation that is built tomorrow is covered tomorrow.
"""
import functools
import json
import os
import subprocess

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
REGION, OTHER_REGION = "us-east-1", "eu-west-1"
TABLES = ["Plain", "Ranged", "Indexed", "Streamed"]
STREAMS_OPERATIONS = ("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords")


@functools.cache
def model():
    """{"PutItem": {"service", "members", "required"}, ...}"""
    run = subprocess.run([f"{ROOT}/scripts/node/node", f"{ROOT}/tests/js/model.mjs"],
                         capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def arn(table):
    return f"arn:aws:dynamodb:{REGION}:000000000000:table/{table}"


# ---- tables ----

def create_table(name):
    """The tables that requests are about; made again when a request has deleted one."""
    body = {"TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}
    if name != "Plain":
        body["AttributeDefinitions"].append({"AttributeName": "sk", "AttributeType": "N"})
        body["KeySchema"].append({"AttributeName": "sk", "KeyType": "RANGE"})
    if name == "Streamed":
        body["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    if name == "Indexed":
        body["AttributeDefinitions"].append({"AttributeName": "g", "AttributeType": "S"})
        projection = {"Projection": {"ProjectionType": "ALL"}}
        body["GlobalSecondaryIndexes"] = [
            {"IndexName": "gsi", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], **projection}]
        body["LocalSecondaryIndexes"] = [
            {"IndexName": "lsi", **projection, "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                                                             {"AttributeName": "g", "KeyType": "RANGE"}]}]
    return body


# ---- by hand ----

def value(rng, depth=0):
    kind = rng.choice(["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"] if depth < 3 else ["S", "N"])
    if kind == "S":
        return {"S": rng.choice(["", "a", "héé", "x" * rng.randrange(40)])}
    if kind == "N":
        return {"N": rng.choice(["0", "-1.5", "1E100", "123456789.987654321", str(rng.randrange(-9999, 9999))])}
    if kind == "B":
        return {"B": rng.choice(["", "AAEC", "YQ=="])}
    if kind in ("BOOL", "NULL"):
        return {kind: True}
    if kind == "SS":
        return {"SS": ["a", "b", str(rng.randrange(99))]}
    if kind == "NS":
        return {"NS": ["1", "2.5", str(rng.randrange(100, 999))]}
    if kind == "BS":
        return {"BS": ["YQ==", "Yg=="]}
    if kind == "L":
        return {"L": [value(rng, depth + 1) for _ in range(rng.randrange(4))]}
    return {"M": {name: value(rng, depth + 1) for name in rng.sample(["a", "b", "c.d", "e"], rng.randrange(4))}}


def key(rng, table):
    found = {"pk": {"S": rng.choice("abcdef")}}
    if table != "Plain":
        found["sk"] = {"N": str(rng.randrange(10))}
    return found


def item(rng, table):
    made = {name: value(rng) for name in rng.sample(["a", "b", "l", "m", "n", "s"], rng.randrange(6))}
    if rng.random() < 0.7:
        made["g"] = {"S": rng.choice("xyz")}
    return {**made, "n": {"N": str(rng.randrange(100))}, **key(rng, table)}


NAMES = {"#n": "n", "#m": "m", "#a": "a"}
CONDITIONS = ["attribute_exists(pk)", "#n > :n AND NOT (contains(#a, :s) OR #m = :m)", "#n BETWEEN :n AND :o",
              "#a IN (:s, :n, :m)", "size(#m) < :o", "attribute_type(#a, :s)", "begins_with(pk, :s)",
              "attribute_not_exists(#m.#a[0].b)", "#n <> :n OR #n = :n"]
UPDATES = ["SET #n = :n", "SET #n = if_not_exists(#n, :n) + :o, #a = list_append(:l, :l)", "REMOVE #m.#a, #a[2]",
           "ADD #n :n DELETE #a :ss", "SET #m = :m, #a = :s REMOVE l ADD zz :n", "SET l[3] = :n, #a = #n - :n"]
VALUES = {":n": {"N": "5"}, ":o": {"N": "7.25"}, ":s": {"S": "S"}, ":m": {"M": {"x": {"N": "1"}}},
          ":l": {"L": [{"S": "y"}]}, ":ss": {"SS": ["a", "q"]}}


def used(body, names, values):
    """Adds the placeholders that the body's expressions use, so that the request is valid."""
    text = " ".join(v for k, v in body.items() if k.endswith("Expression"))
    words = {word.strip("(),[]0123456789") for piece in text.split() for word in piece.replace(".", " ").split()}
    for member, all_of in (("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)):
        some = {k: v for k, v in all_of.items() if k in words or f"{k}[" in text or f"({k}" in text}
        if some:
            body[member] = some
    return body


def common(rng, body, writes=True):
    if rng.random() < 0.5:
        body["ReturnConsumedCapacity"] = rng.choice(["INDEXES", "TOTAL", "NONE"])
    if writes and rng.random() < 0.5:
        body["ReturnItemCollectionMetrics"] = rng.choice(["SIZE", "NONE"])
    return body


def put_item(rng, table):
    body = common(rng, {"TableName": table, "Item": item(rng, table)})
    if rng.random() < 0.5:
        body["ConditionExpression"] = rng.choice(CONDITIONS)
        body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if rng.random() < 0.2:
        return {"TableName": table, "Item": item(rng, table), "ConditionalOperator": "OR",
                "Expected": {"a": {"ComparisonOperator": "NULL"},
                             "n": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "3"}]}}}
    return used(body, NAMES, VALUES)


def update_item(rng, table):
    body = common(rng, {"TableName": table, "Key": key(rng, table)})
    if rng.random() < 0.2:
        body["AttributeUpdates"] = {"a": {"Action": "PUT", "Value": value(rng)}, "n": {"Action": "ADD", "Value": {"N": "1"}},
                                    "m": {"Action": "DELETE"}}
        return body
    body["UpdateExpression"] = rng.choice(UPDATES)
    body["ReturnValues"] = rng.choice(["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"])
    if rng.random() < 0.5:
        body["ConditionExpression"] = rng.choice(CONDITIONS)
    return used(body, NAMES, VALUES)


def delete_item(rng, table):
    body = common(rng, {"TableName": table, "Key": key(rng, table), "ReturnValues": "ALL_OLD"})
    if rng.random() < 0.5:
        body["ConditionExpression"] = rng.choice(CONDITIONS)
    return used(body, NAMES, VALUES)


def get_item(rng, table):
    body = common(rng, {"TableName": table, "Key": key(rng, table), "ConsistentRead": rng.random() < 0.5}, False)
    if rng.random() < 0.2:
        return {**body, "AttributesToGet": ["a", "pk"]}
    return used({**body, "ProjectionExpression": "pk, #a, #m.#a[1].b, l[0]"}, NAMES, {})


def query(rng, table):
    body = common(rng, {"TableName": table, "Limit": rng.randrange(1, 20)}, False)
    if table == "Indexed" and rng.random() < 0.5:
        body.update(IndexName="gsi", KeyConditionExpression="g = :s", Select="ALL_PROJECTED_ATTRIBUTES")
        return used(body, NAMES, VALUES)
    if rng.random() < 0.2:
        return {**body, "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}},
                "QueryFilter": {"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "1"}, {"N": "9"}]}}}
    body["KeyConditionExpression"] = "pk = :s" if table == "Plain" else rng.choice(
        ["pk = :s AND sk BETWEEN :n AND :o", "pk = :s AND sk > :n", "pk = :s AND sk = :n", "(pk = :s)"])
    body["ScanIndexForward"] = rng.random() < 0.5
    if rng.random() < 0.5:
        body["FilterExpression"] = rng.choice(["#n > :n", "attribute_exists(#m)"])
    if rng.random() < 0.3:
        body["ExclusiveStartKey"] = {**key(rng, table), "pk": {"S": "S"}}
    return used(body, NAMES, VALUES)


def scan(rng, table):
    body = common(rng, {"TableName": table}, False)
    if rng.random() < 0.5:
        body.update(Segment=rng.randrange(3), TotalSegments=3)
    if rng.random() < 0.3:
        body.update(Select="COUNT")
    if rng.random() < 0.2:
        return {**body, "ScanFilter": {"a": {"ComparisonOperator": "CONTAINS", "AttributeValueList": [{"S": "x"}]}}}
    if rng.random() < 0.5:
        body["FilterExpression"] = rng.choice(CONDITIONS)
    if table == "Indexed" and rng.random() < 0.5:
        body["IndexName"] = rng.choice(["gsi", "lsi"])
    return used(body, NAMES, VALUES)


def batch_get(rng, table):
    keys = [dict(k) for k in {json.dumps(key(rng, table)): key(rng, table) for _ in range(4)}.values()]
    return common(rng, {"RequestItems": {table: {"Keys": keys, "ProjectionExpression": "pk, #a",
                                                 "ExpressionAttributeNames": {"#a": "a"}, "ConsistentRead": True}}}, False)


def batch_write(rng, table):
    return common(rng, {"RequestItems": {table: [{"PutRequest": {"Item": item(rng, table)}},
                                                 {"DeleteRequest": {"Key": key(rng, table)}}],
                                         "Plain": [{"PutRequest": {"Item": item(rng, "Plain")}}]}})


def transact_write(rng, table):
    actions = [{"Put": used({"TableName": table, "Item": item(rng, table), "ConditionExpression": rng.choice(CONDITIONS)},
                            NAMES, VALUES)},
               {"Update": used({"TableName": "Plain", "Key": key(rng, "Plain"), "UpdateExpression": rng.choice(UPDATES)},
                               NAMES, VALUES)},
               {"Delete": {"TableName": "Streamed", "Key": key(rng, "Streamed")}},
               {"ConditionCheck": used({"TableName": "Ranged", "Key": key(rng, "Ranged"),
                                        "ConditionExpression": rng.choice(CONDITIONS)}, NAMES, VALUES)}]
    body = common(rng, {"TransactItems": rng.sample(actions, rng.randrange(1, 5))})
    if rng.random() < 0.3:
        body["ClientRequestToken"] = rng.choice(["t1", "t2", "0" * 36])
    return body


def transact_get(rng, table):
    return common(rng, {"TransactItems": [{"Get": {"TableName": t, "Key": key(rng, t), "ProjectionExpression": "pk"}}
                                          for t in rng.sample(TABLES, 3)]}, False)


STATEMENTS = ["SELECT * FROM \"{t}\" WHERE pk = 'a'", "SELECT pk, m.a[0] FROM {t} WHERE n > 5 AND begins_with(pk, ?)",
              "INSERT INTO \"{t}\" VALUE {{'pk': 'z', 'sk': 1, 'l': [1, 'b', {{'c': <<1, 2>>}}], 'b': true, 'z': null}}",
              "UPDATE {t} SET n = n + 1 SET a = list_append(a, [1]) REMOVE m.x WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *",
              "DELETE FROM {t} WHERE pk = ? AND sk = 2 RETURNING ALL OLD *", "SELECT * FROM {t}.gsi WHERE g IN ['x', 'y']",
              "EXISTS(SELECT * FROM {t} WHERE pk = 'a' AND sk = 1 AND n > 3)"]


def statement(rng, table):
    text = rng.choice(STATEMENTS).format(t=table)
    body = {"Statement": text}
    if "?" in text:
        body["Parameters"] = [{"S": "a"}]
    return body


def execute_statement(rng, table):
    return common(rng, {**statement(rng, table), "ConsistentRead": False, "Limit": 5}, False)


def statements(member):
    return lambda rng, table: common(rng, {member: [statement(rng, t) for t in rng.sample(TABLES, 2)]}, False)


def update_table(rng, table):
    change = rng.choice([
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 500, "WriteCapacityUnits": 500}},
        {"BillingMode": "PAY_PER_REQUEST"}, {"DeletionProtectionEnabled": False}, {"TableClass": "STANDARD"},
        {"OnDemandThroughput": {"MaxReadRequestUnits": 1000, "MaxWriteRequestUnits": -1}},
        {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
        {"WarmThroughput": {"ReadUnitsPerSecond": 12001, "WriteUnitsPerSecond": 4001}},
        {"ReplicaUpdates": [{"Create": {"RegionName": "mars", "TableClassOverride": "STANDARD"}}]},
        {"SSESpecification": {"Enabled": False}},
        {"AttributeDefinitions": [{"AttributeName": "h", "AttributeType": "N"}], "GlobalSecondaryIndexUpdates": [
            {"Create": {"IndexName": "later", "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}}}]},
        {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "later"}}]}])
    return {"TableName": table, **change}


def made_table(rng, table):
    body = create_table(rng.choice(TABLES))
    body.update(TableName=f"Doomed{rng.randrange(4)}", Tags=[{"Key": "k", "Value": "v"}])
    if rng.random() < 0.3:
        body.update(BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    return body


WRITTEN = {
    "PutItem": put_item, "UpdateItem": update_item, "DeleteItem": delete_item, "GetItem": get_item, "Query": query,
    "Scan": scan, "BatchGetItem": batch_get, "BatchWriteItem": batch_write, "TransactWriteItems": transact_write,
    "TransactGetItems": transact_get, "ExecuteStatement": execute_statement,
    "BatchExecuteStatement": statements("Statements"), "ExecuteTransaction": statements("TransactStatements"),
    "CreateTable": made_table, "UpdateTable": update_table,
    "DeleteTable": lambda rng, table: {"TableName": f"Doomed{rng.randrange(4)}"},
    "DescribeTable": lambda rng, table: {"TableName": rng.choice([table, arn(table)])},
    "ListTables": lambda rng, table: {"Limit": 3, "ExclusiveStartTableName": table},
    "DescribeTimeToLive": lambda rng, table: {"TableName": table},
    "UpdateTimeToLive": lambda rng, table: {"TableName": table, "TimeToLiveSpecification": {
        "AttributeName": "expires", "Enabled": rng.random() < 0.5}},
    "TagResource": lambda rng, table: {"ResourceArn": arn(table), "Tags": [{"Key": "a", "Value": "b"}]},
    "UntagResource": lambda rng, table: {"ResourceArn": arn(table), "TagKeys": ["a"]},
    "ListTagsOfResource": lambda rng, table: {"ResourceArn": arn(table)},
    "UpdateContributorInsights": lambda rng, table: {
        "TableName": table, "ContributorInsightsAction": rng.choice(["ENABLE", "DISABLE"]),
        "ContributorInsightsMode": rng.choice(["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"])},
    "DescribeContributorInsights": lambda rng, table: {"TableName": table},
    "ListContributorInsights": lambda rng, table: {"MaxResults": 2},
}


# ---- by the model ----

PLAUSIBLE = {"TableName": "Ranged", "IndexName": "gsi", "RegionName": OTHER_REGION, "Limit": 3, "MaxResults": 3,
             "AttributeName": "pk", "AttributeType": "S", "KeyType": "HASH", "StreamArn": arn("Streamed") + "/stream/x",
             "ProjectionType": "ALL", "ReturnConsumedCapacity": "TOTAL", "ClientToken": "token", "NextToken": "next",
             "ComparisonOperator": "EQ", "Action": "PUT", "ResourceArn": arn("Plain"), "Statement": "SELECT * FROM Plain"}


def of_shape(rng, shape, name, depth=0):
    kind = shape["kind"]
    if name in PLAUSIBLE and kind in ("string", "number"):
        return PLAUSIBLE[name]
    if kind == "string":
        return arn("Plain") if name.endswith("Arn") else rng.choice(["x", "Plain", "ENABLED", "2026-01-01"])
    if kind in ("number", "timestamp"):
        return rng.choice([1, 0, 5, 1700000000])
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "blob":
        return "YQ=="
    if kind == "attribute value":
        return value(rng)
    if depth > 6:
        return {}
    if kind == "list":
        return [of_shape(rng, shape["element"], name, depth + 1) for _ in range(rng.randrange(1, 3))]
    if kind == "map":
        return {k: of_shape(rng, shape["element"], name, depth + 1) for k in rng.sample(["pk", "Plain", "#a", ":b"], 2)}
    wanted = [m for m in shape["members"] if m in shape["required"] or rng.random() < 0.4]
    return {m: of_shape(rng, shape["members"][m], m, depth + 1) for m in wanted}


def request(rng, operation):
    """A tree that shares nothing with another, so that it can be spoiled in place."""
    if operation in WRITTEN and rng.random() < 0.9:
        return json.loads(json.dumps(WRITTEN[operation](rng, rng.choice(TABLES))))
    return json.loads(json.dumps(of_shape(rng, {"kind": "structure", **model()[operation]}, operation)))
