"""The front end: what is refused before an operation is reached, in the service's order; headers of answers.

Source: dynamodb-wire.md sections 1 and 2.
"""
import json
import re
import zlib

import pytest

from calls import SERIALIZATION

UNKNOWN = "com.amazon.coral.service#UnknownOperationException"


def test_an_answer_carries_request_id_and_checksum(tropic):
    status, headers, body = tropic.raw("{}", tropic.headers("ListTables"))
    assert status == 200
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    assert re.fullmatch("[0-9A-Z]{52}", headers["x-amzn-RequestId"])
    assert int(headers["x-amz-crc32"]) == zlib.crc32(body)


def test_the_answer_has_the_type_of_the_request(tropic):
    headers = tropic.headers("ListTables")
    headers["Content-Type"] = "application/json; charset=utf-8"
    assert tropic.raw("{}", headers)[1]["Content-Type"] == "application/json"


@pytest.mark.parametrize("change", [
    {"Content-Type": "text/plain"}, {"Content-Type": "application/x-amz-json-1.1"}, {"Content-Type": ""}])
def test_another_content_type_is_not_found(tropic, change):
    status, _, body = tropic.raw("{}", {**tropic.headers("ListTables"), **change})
    assert (status, body) == (404, b"<UnknownOperationException/>\n")


@pytest.mark.parametrize("method,path", [("PUT", "/"), ("DELETE", "/"), ("POST", "/other"), ("GET", "/other")])
def test_other_methods_and_paths_are_not_found(tropic, method, path):
    status, _, body = tropic.raw("{}", tropic.headers("ListTables"), method, path)
    assert (status, body) == (404, b"<UnknownOperationException/>\n")


def test_health(tropic):
    status, _, body = tropic.raw(None, {}, "GET")
    assert status == 200
    assert body == b"healthy: dynamodb.us-east-1.amazonaws.com "


def test_broken_json_is_told_before_target_and_signature(tropic):
    for body in ("{", "nonsense", "[1,", '{"a":"\ud800"}'.encode("utf-8", "surrogatepass")):
        status, _, answer = tropic.raw(body, {"Content-Type": "application/json"})
        assert status == 400
        assert json.loads(answer) == {"__type": SERIALIZATION}


def test_an_unknown_target_is_told_before_the_signature(tropic):
    for target in ("", "DynamoDB_20120810", "DynamoDB_20120810.Nonsense", "DynamoDB_20111205.GetItem",
                   "DynamoDBStreams_20120810.GetItem"):
        status, _, answer = tropic.raw("{}", {"Content-Type": "application/json", "X-Amz-Target": target})
        assert status == 400
        assert json.loads(answer) == {"__type": UNKNOWN}


def test_a_request_without_signature(tropic):
    status, _, answer = tropic.raw("{}", {"Content-Type": "application/json",
                                          "X-Amz-Target": "DynamoDB_20120810.ListTables"})
    assert status == 400
    assert json.loads(answer) == {
        "__type": "com.amazon.coral.service#MissingAuthenticationTokenException",
        "message": "Request is missing Authentication Token"}


def test_an_empty_body_is_told_after_the_signature(tropic):
    status, _, answer = tropic.raw("", tropic.headers("ListTables"))
    assert status == 400
    assert json.loads(answer) == {"__type": SERIALIZATION}


def test_a_region_that_is_not_hosted_here(tropic):
    status, answer = tropic.call("ListTables", {}, region="mars-north-1")
    assert status == 400
    assert answer["__type"] == "com.amazon.coral.service#InvalidSignatureException"
    assert "Credential should be scoped to a valid region" in answer["message"]


def test_wrong_types_win_over_every_other_mistake(tropic):
    tropic.refused("PutItem", {"TableName": "a", "ReturnValues": "x", "Item": {"a": {"N": 1}}},
                   "NUMBER_VALUE cannot be converted to String", SERIALIZATION)
    tropic.refused("PutItem", {"TableName": "abc", "Item": {"a": {"N": "x"}, "b": {"BOOL": 1}}},
                   "NUMBER_VALUE cannot be converted to Boolean", SERIALIZATION)
    tropic.refused("GetItem", {"TableName": "abc", "Key": {"a": {"S": []}}},
                   "Unrecognized collection type class java.lang.String", SERIALIZATION)
    tropic.refused("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": {"a": {"B": "x"}}}}]}},
                   "Base64 encoded length is expected a multiple of 4 bytes but found: 1", SERIALIZATION)


def test_a_preflight_request(tropic):
    status, headers, body = tropic.raw(None, {"Origin": "http://x", "Access-Control-Request-Method": "POST",
                                              "Access-Control-Request-Headers": "x-amz-target"}, "OPTIONS")
    assert (status, body) == (200, b"")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Max-Age"] == "172800"
    assert headers["Access-Control-Allow-Headers"] == "x-amz-target"
    assert headers["Access-Control-Allow-Methods"] == "POST"


def test_a_wrong_type_deep_inside_a_list_that_is_too_long(tropic):
    """The list's constraint shows the list, whose elements need not be what they should be."""
    action = {"Delete": {"TableName": ["x"], "Key": {"pk": {"S": {"BOOL": ["a"]}}}}}
    status, answer = tropic.call("TransactWriteItems", {"TransactItems": [action] * 101})
    assert status == 400 and answer["__type"] == SERIALIZATION, answer
