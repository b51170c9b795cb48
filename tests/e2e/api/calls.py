"""Calls of operations as raw JSON, so that exact messages can be compared."""
import http.client
import json
import time
import urllib.parse

import boto3
import botocore.config

AUTHORIZATION = ("AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/{region}/dynamodb/aws4_request, "
                 "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64)
VALIDATION = "com.amazon.coral.validate#ValidationException"
SERIALIZATION = "com.amazon.coral.service#SerializationException"
DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
ENVELOPE = "1 validation error detected: "
INVALID = "One or more parameter values were invalid: "
STREAMS_OPERATIONS = ("ListStreams", "DescribeStream", "GetShardIterator", "GetRecords")


def wait_for(condition, seconds=120):
    """Polls until condition() is true; its value. Fails the test otherwise."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return value


class Tropic:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.host = urllib.parse.urlparse(endpoint).netloc

    def raw(self, body, headers=None, method="POST", path="/"):
        """One HTTP exchange: (status, headers, body bytes)."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def headers(self, operation, region="us-east-1"):
        prefix = "DynamoDBStreams_20120810" if operation in STREAMS_OPERATIONS else "DynamoDB_20120810"
        return {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{prefix}.{operation}",
                "X-Amz-Date": "20260101T000000Z", "Authorization": AUTHORIZATION.format(region=region)}

    def call(self, operation, body, region="us-east-1"):
        """(status, JSON) of one operation; `body` as an object or as text."""
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        status, _, answer = self.raw(text, self.headers(operation, region))
        return status, json.loads(answer) if answer else None

    def ok(self, operation, body, region="us-east-1"):
        status, answer = self.call(operation, body, region)
        assert status == 200, answer
        return answer

    def refused(self, operation, body, message, kind=VALIDATION, region="us-east-1"):
        """The operation answers this error with exactly this message."""
        status, answer = self.call(operation, body, region)
        assert status == 400, answer
        assert answer["__type"] == kind, answer
        assert answer.get("message", answer.get("Message")) == message

    def client(self, service="dynamodb", region="us-east-1"):
        return boto3.session.Session().client(
            service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id="AKIDTEST",
            aws_secret_access_key="secret",
            config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False))

    def make_table(self, name, sort=None, partition="S", **more):
        """An on-demand table with keys pk (and sk, when `sort` names a type)."""
        keys = [("pk", "HASH", partition)] + ([("sk", "RANGE", sort)] if sort else [])
        self.ok("CreateTable", {
            "TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, _, t in keys],
            "KeySchema": [{"AttributeName": n, "KeyType": k} for n, k, _ in keys], **more})
        return name
