"""PartiQL: BatchExecuteStatement and ExecuteTransaction.

Sources: dynamodb-partiql-vector.md section 1; Developer Guide, ql-reference.multiplestatements.
"""
import concurrent.futures

import pytest

from calls import DYNAMODB, INVALID

TABLE, RANGED = "Pairs", "Ranged"


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    tropic.make_table(TABLE)
    tropic.make_table(RANGED, sort="N")


def put(tropic, key, **item):
    tropic.ok("PutItem", {"TableName": TABLE, "Item": {"pk": {"S": key}, **item}})


def get(tropic, key):
    return tropic.ok("GetItem", {"TableName": TABLE, "Key": {"pk": {"S": key}}}).get("Item")


def requests(statements):
    return [s if isinstance(s, dict) else {"Statement": s} for s in statements]


def batch(tropic, *statements, **more):
    return tropic.ok("BatchExecuteStatement", {"Statements": requests(statements), **more})


def error(code, message, table=None):
    return {"Error": {"Code": code, "Message": message}, **({"TableName": table} if table else {})}


# ---- BatchExecuteStatement ----

def test_a_batch_of_reads(tropic):
    put(tropic, "r1", a={"N": "1"}, m={"M": {"x": {"S": "y"}}})
    put(tropic, "r2", a={"N": "2"})
    answer = batch(tropic, {"Statement": "SELECT a, m.x FROM Pairs WHERE pk = ?", "Parameters": [{"S": "r1"}]},
                   "SELECT * FROM \"Pairs\" WHERE pk = 'r2' AND a = 2", "SELECT * FROM Pairs WHERE pk = 'nobody'",
                   "SELECT * FROM Pairs WHERE pk = 'r3' AND a = 2", "SELEC", "SELECT * FROM Pairs WHERE a = 1",
                   "SELECT * FROM Nowhere WHERE pk = 'a'", "SELECT * FROM Pairs WHERE pk = 1",
                   "SELECT * FROM Ranged WHERE pk = 'a'",
                   ReturnConsumedCapacity="TOTAL")
    keyless = ("Select statements within BatchExecuteStatement must specify the primary key in the where clause.")
    assert answer["Responses"] == [
        {"TableName": "Pairs", "Item": {"a": {"N": "1"}, "x": {"S": "y"}}},
        {"TableName": "Pairs", "Item": {"pk": {"S": "r2"}, "a": {"N": "2"}}},
        {"TableName": "Pairs"}, {"TableName": "Pairs"},
        error("ValidationError", "Statement wasn't well formed, can't be processed: Expected data manipulation"),
        error("ValidationError", keyless),
        error("ResourceNotFound", "Requested resource not found", "Nowhere"),
        error("ValidationError", "The provided key element does not match the schema"),
        error("ValidationError", keyless)]
    assert answer["ConsumedCapacity"] == [{"TableName": "Pairs", "CapacityUnits": 2.0}]


def test_a_batch_of_writes(tropic):
    put(tropic, "w2", a={"N": "1"})
    put(tropic, "w3", a={"N": "1"})
    put(tropic, "w4")
    answer = batch(tropic, "INSERT INTO Pairs VALUE {'pk': 'w1', 'a': 1}",
                   "UPDATE Pairs SET a = a + 1 WHERE pk = 'w2' RETURNING MODIFIED NEW *",
                   {"Statement": "UPDATE Pairs SET a = 9 WHERE pk = 'w3' AND a = 8",
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
                   "INSERT INTO Pairs VALUE {'pk': 'w4', 'a': 1}", "DELETE FROM Pairs WHERE pk = 'nobody'",
                   "UPDATE Pairs SET pk = 'b' WHERE pk = 'w5'", "UPDATE Pairs SET a = 1 WHERE pk = 'w6'",
                   ReturnConsumedCapacity="INDEXES")
    assert answer["Responses"] == [
        {"TableName": "Pairs"}, {"TableName": "Pairs", "Item": {"a": {"N": "2"}}},
        error("ConditionalCheckFailed", "The conditional request failed", "Pairs"),
        error("DuplicateItem", "Duplicate primary key exists in table", "Pairs"), {"TableName": "Pairs"},
        error("ValidationError", INVALID + "Cannot update attribute pk. This attribute is part of the key"),
        error("ConditionalCheckFailed", "The conditional request failed", "Pairs")]
    assert answer["ConsumedCapacity"][0]["TableName"] == "Pairs"
    assert get(tropic, "w1") == {"pk": {"S": "w1"}, "a": {"N": "1"}}
    assert get(tropic, "w3")["a"] == {"N": "1"}
    only_failures = batch(tropic, "INSERT INTO Pairs VALUE {'pk': 'w1'}", ReturnConsumedCapacity="TOTAL")
    assert "ConsumedCapacity" not in only_failures


def test_batches_that_are_refused(tropic):
    def refused(statements, message):
        tropic.refused("BatchExecuteStatement", {"Statements": requests(statements)}, message)
    refused(["SELECT * FROM Pairs WHERE pk = 'a'", "DELETE FROM Pairs WHERE pk = 'b'"],
            "Read and write requests together in the same batch is not supported.")
    refused(["SELECT * FROM Pairs WHERE pk = 'a'", "SELECT a FROM Pairs WHERE pk = 'a'"],
            "Provided list of item keys contains duplicates")
    refused(["DELETE FROM Pairs WHERE pk = 'a'", "INSERT INTO Pairs VALUE {'pk': 'a'}"],
            "Provided list of item keys contains duplicates")
    refused([], "1 validation error detected: Value '[]' at 'statements' failed to satisfy constraint: "
                "Member must have length greater than or equal to 1")
    status, answer = tropic.call("BatchExecuteStatement", {"Statements": requests(["SELECT * FROM x"] * 26)})
    assert status == 400 and "Member must have length less than or equal to 25" in answer["message"]
    wrong = {"Statement": "SELECT * FROM x", "Parameters": [{"S": {"S": "a"}}]}
    status, answer = tropic.call("BatchExecuteStatement", {"Statements": [wrong] * 26})
    assert status == 400 and answer["Message"] == "Start of structure or map found where not expected"
    status, answer = tropic.call("BatchExecuteStatement", {"Statements": [{"Statement": 7}]})
    assert status == 400 and answer["Message"] == "NUMBER_VALUE cannot be converted to String"


# ---- ExecuteTransaction ----

def transaction(tropic, *statements, **more):
    return tropic.ok("ExecuteTransaction", {"TransactStatements": requests(statements), **more})


def cancelled(tropic, statements, reasons):
    status, answer = tropic.call("ExecuteTransaction", {"TransactStatements": requests(statements)})
    assert status == 400 and answer["__type"] == DYNAMODB + "TransactionCanceledException", answer
    assert answer["CancellationReasons"] == reasons
    assert answer["Message"] == ("Transaction cancelled, please refer cancellation reasons for specific reasons "
                                 f"[{', '.join(r['Code'] for r in reasons)}]")


def test_a_transaction_writes_all(tropic):
    put(tropic, "t2", n={"N": "1"})
    put(tropic, "t3")
    put(tropic, "t4", ready={"BOOL": True})
    answer = transaction(
        tropic, {"Statement": "INSERT INTO Pairs VALUE {'pk': ?, 'v': 1}", "Parameters": [{"S": "t1"}]},
        "UPDATE Pairs SET n = n + 1 WHERE pk = 't2' AND n = 1", "DELETE FROM Pairs WHERE pk = 't3'",
        "EXISTS(SELECT * FROM Pairs WHERE pk = 't4' AND ready = TRUE)", ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{}] * 4
    assert answer["ConsumedCapacity"][0]["CapacityUnits"] == 8.0
    assert get(tropic, "t1") == {"pk": {"S": "t1"}, "v": {"N": "1"}}
    assert get(tropic, "t2")["n"] == {"N": "2"}
    assert get(tropic, "t3") is None


def test_a_transaction_writes_nothing_when_one_statement_fails(tropic):
    put(tropic, "c1")
    put(tropic, "c2", n={"N": "1"})
    none = {"Code": "None"}
    condition = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    cancelled(tropic, ["INSERT INTO Pairs VALUE {'pk': 'c0'}", "INSERT INTO Pairs VALUE {'pk': 'c1'}"],
              [none, {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}])
    cancelled(tropic, ["INSERT INTO Pairs VALUE {'pk': 'c0'}",
                       {"Statement": "UPDATE Pairs SET n = 5 WHERE pk = 'c2' AND n = 2",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
                       "EXISTS (SELECT * FROM Pairs WHERE pk = 'nobody')"],
              [none, {**condition, "Item": {"pk": {"S": "c2"}, "n": {"N": "1"}}}, condition])
    cancelled(tropic, ["INSERT INTO Pairs VALUE {'pk': 'c0'}", "DELETE FROM Pairs WHERE pk = 7"],
              [none, {"Code": "ValidationError", "Message": "The provided key element does not match the schema"}])
    assert get(tropic, "c0") is None and get(tropic, "c2")["n"] == {"N": "1"}


def test_a_transaction_reads(tropic):
    put(tropic, "g1", a={"N": "1"}, b={"N": "2"})
    put(tropic, "g2", a={"N": "1"})
    answer = transaction(tropic, "SELECT a FROM Pairs WHERE pk = 'g1'", "SELECT * FROM Pairs WHERE pk = 'nobody'",
                         "SELECT * FROM Pairs WHERE pk = 'g2' AND a = 7", ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{"Item": {"a": {"N": "1"}}}, {}, {}]
    assert answer["ConsumedCapacity"][0]["CapacityUnits"] == 6.0


@pytest.mark.parametrize("statements,message", [
    (["SELECT * FROM Pairs WHERE pk = 'a'", "DELETE FROM Pairs WHERE pk = 'b'"],
     "ExecuteTransaction API does not support both read and write operations in the same request."),
    (["SELECT * FROM Pairs WHERE pk = 'a'", "EXISTS(SELECT * FROM Pairs WHERE pk = 'b')"],
     "ExecuteTransaction API does not support both read and write operations in the same request."),
    (["DELETE FROM Pairs WHERE pk = 'b' RETURNING ALL OLD *"],
     "Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction."),
    (["SELECT * FROM Pairs.idx WHERE pk = 'b'"],
     "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions."),
    (["DELETE FROM Pairs WHERE pk = 'b'", "INSERT INTO Pairs VALUE {'pk': 'b'}"],
     "Transaction request cannot include multiple operations on one item"),
    (["SELECT * FROM Pairs WHERE a = 'b'"],
     "Select statements within ExecuteTransaction must specify the primary key in the where clause."),
    (["DELETE FROM Pairs WHERE a = 'b'"], "Where clause does not contain a mandatory equality on all key attributes"),
    (["nonsense"], "Statement wasn't well formed, can't be processed: Expected data manipulation"),
    ([], "1 validation error detected: Value '[]' at 'transactStatements' failed to satisfy constraint: "
         "Member must have length greater than or equal to 1"),
])
def test_transactions_that_are_refused(tropic, statements, message):
    tropic.refused("ExecuteTransaction", {"TransactStatements": requests(statements)}, message)


def test_a_table_that_is_missing_and_exists_elsewhere(tropic):
    tropic.refused("ExecuteTransaction", {"TransactStatements": requests(["DELETE FROM Nowhere WHERE pk = 'b'"])},
                   "Requested resource not found", DYNAMODB + "ResourceNotFoundException")
    tropic.refused("ExecuteStatement", {"Statement": "EXISTS(SELECT * FROM Pairs WHERE pk = 'a')"},
                   "EXISTS is supported in ExecuteTransaction only")


def test_a_client_token_is_remembered(tropic):
    put(tropic, "k", n={"N": "0"})
    add = "UPDATE Pairs SET n = n + 1 WHERE pk = 'k'"
    for _ in range(3):
        transaction(tropic, add, ClientRequestToken="token-1")
    assert get(tropic, "k")["n"] == {"N": "1"}
    status, answer = tropic.call("ExecuteTransaction", {
        "TransactStatements": requests([add, "INSERT INTO Pairs VALUE {'pk': 'other'}"]), "ClientRequestToken": "token-1"})
    assert status == 400 and answer["__type"] == DYNAMODB + "IdempotentParameterMismatchException"


def test_statements_of_many_clients_are_each_applied_once(tropic):
    put(tropic, "sum", n={"N": "0"})

    def add(_):
        return transaction(tropic, "UPDATE Pairs SET n = n + 1 WHERE pk = 'sum'")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert get(tropic, "sum")["n"] == {"N": "80"}


def test_sdk(tropic):
    client = tropic.client()
    put(tropic, "sdk", n={"N": "1"})
    found = client.batch_execute_statement(Statements=[{"Statement": "SELECT n FROM Pairs WHERE pk = 'sdk'"}])
    assert found["Responses"] == [{"TableName": "Pairs", "Item": {"n": {"N": "1"}}}]
    found = client.execute_transaction(TransactStatements=[{"Statement": "SELECT n FROM Pairs WHERE pk = 'sdk'"}])
    assert found["Responses"] == [{"Item": {"n": {"N": "1"}}}]
    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.execute_transaction(TransactStatements=[{"Statement": "INSERT INTO Pairs VALUE {'pk': 'sdk'}"}])
