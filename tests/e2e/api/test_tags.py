"""TagResource, UntagResource, ListTagsOfResource, Tags of CreateTable. Source: dynamodb-tables-streams.md section 7."""
import pytest

from calls import DYNAMODB, ENVELOPE, INVALID

LIMIT, NOT_FOUND = DYNAMODB + "LimitExceededException", DYNAMODB + "ResourceNotFoundException"
DENIED = "com.amazon.coral.service#AccessDeniedException"
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def listed(tropic, name):
    """All tags of a table, and the sizes of the pages that they came in."""
    found, sizes, more = {}, [], {}
    while True:
        page = tropic.ok("ListTagsOfResource", {"ResourceArn": ARN + name, **more})
        found.update({tag["Key"]: tag["Value"] for tag in page["Tags"]})
        sizes.append(len(page["Tags"]))
        if "NextToken" not in page:
            return found, sizes
        more = {"NextToken": page["NextToken"]}


def test_tags_are_set_changed_and_removed(tropic):
    tropic.make_table("Tagged", Tags=tags(owner="me", stage="dev"))
    assert listed(tropic, "Tagged")[0] == {"owner": "me", "stage": "dev"}
    assert tropic.call("TagResource", {"ResourceArn": ARN + "Tagged", "Tags": tags(stage="live", empty="")}) == (200, None)
    assert listed(tropic, "Tagged")[0] == {"owner": "me", "stage": "live", "empty": ""}
    assert tropic.call("UntagResource", {"ResourceArn": ARN + "Tagged", "TagKeys": ["owner", "never"]}) == (200, None)
    assert listed(tropic, "Tagged")[0] == {"stage": "live", "empty": ""}
    assert "Tags" not in tropic.ok("DescribeTable", {"TableName": "Tagged"})["Table"]


def test_tags_go_with_their_table(tropic):
    tropic.make_table("Again", Tags=tags(a="b"))
    tropic.ok("DeleteTable", {"TableName": "Again"})
    tropic.make_table("Again")
    assert listed(tropic, "Again")[0] == {}


def test_fifty_tags_in_pages_of_ten(tropic):
    tropic.make_table("Fifty")
    arn = ARN + "Fifty"
    for i in range(0, 50, 25):
        tropic.call("TagResource", {"ResourceArn": arn, "Tags": tags(**{f"k{n:02}": "ü" * 256 for n in range(i, i + 25)})})
    found, sizes = listed(tropic, "Fifty")
    assert sorted(found) == [f"k{n:02}" for n in range(50)] and sizes == [10] * 5
    message = "Subscriber limit exceeded: There is a limit of 50 tags per resource"
    tropic.refused("TagResource", {"ResourceArn": arn, "Tags": tags(one="more")}, message, LIMIT)
    tropic.ok("ListTagsOfResource", {"ResourceArn": arn})
    assert tropic.call("TagResource", {"ResourceArn": arn, "Tags": tags(k00="changed")})[0] == 200
    tropic.refused("ListTagsOfResource", {"ResourceArn": arn, "NextToken": "xyz"}, "Invalid NextToken")


REFUSED = [
    ("TagResource", {"Tags": tags(a="b")}, "Invalid TableArn"),
    ("TagResource", {"ResourceArn": "", "Tags": tags(a="b")}, "Invalid TableArn"),
    ("TagResource", {"ResourceArn": "Tagged", "Tags": tags(a="b")},
     "Invalid TableArn: Invalid ResourceArn provided as input Tagged"),
    ("TagResource", {"ResourceArn": ARN + "Refused"},
     ENVELOPE + "Value null at 'tags' failed to satisfy constraint: Member must not be null"),
    ("TagResource", {"ResourceArn": ARN + "Refused", "Tags": []}, "Atleast one Tag needs to be provided as Input."),
    ("TagResource", {"ResourceArn": ARN + "Refused", "Tags": tags(**{"aws:a": "b"})},
     "aws: prefixed tag key names are not allowed for external use."),
    ("TagResource", {"ResourceArn": ARN + "Refused", "Tags": tags(a="b") + tags(a="c")},
     INVALID + "Duplicate tag key: a"),
    ("TagResource", {"ResourceArn": ARN + "Refused", "Tags": tags(**{"": "b"})},
     ENVELOPE + "Value '' at 'tags.1.member.key' failed to satisfy constraint: "
     "Member must have length greater than or equal to 1"),
    ("UntagResource", {"ResourceArn": ARN + "Refused", "TagKeys": []},
     "Atleast one Tag Key needs to be provided as Input."),
    ("UntagResource", {"ResourceArn": ARN + "Refused"},
     ENVELOPE + "Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"),
    ("ListTagsOfResource", {}, "Invalid TableArn"),
    ("ListTagsOfResource", {"ResourceArn": ARN + "Refused/index/i"},
     f"Invalid TableArn: Invalid ResourceArn provided as input {ARN}Refused/index/i"),
]


@pytest.mark.parametrize("operation,body,message", REFUSED)
def test_a_request_that_is_refused(tropic, operation, body, message):
    tropic.refused(operation, body, message)


def test_a_resource_that_is_not_there_or_not_ours(tropic):
    missing, other = ARN + "Missing", "arn:aws:dynamodb:us-east-1:123456789012:table/Tagged"
    tropic.refused("TagResource", {"ResourceArn": missing, "Tags": tags(a="b")},
                   f"Requested resource not found: ResourcArn: {missing} not found", NOT_FOUND)
    tropic.refused("ListTagsOfResource", {"ResourceArn": other},
                   "User: arn:aws:iam::000000000000:user/AKIDTEST is not authorized to perform: "
                   f"dynamodb:ListTagsOfResource on resource: {other}", DENIED)


def test_create_table_refuses_the_same(tropic):
    for bad, message in ((tags(**{"aws:a": "b"}), "aws: prefixed tag key names are not allowed for external use."),
                         (tags(a="b") + tags(a="c"), INVALID + "Duplicate tag key: a")):
        tropic.refused("CreateTable", {
            "TableName": "Untagged", "BillingMode": "PAY_PER_REQUEST", "Tags": bad,
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}, message)


def test_boto3_pages_through_tags(tropic):
    client = tropic.client()
    client.create_table(TableName="Boto", BillingMode="PAY_PER_REQUEST", Tags=tags(**{f"t{i:02}": "v" for i in range(23)}),
                        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}])
    pages = client.get_paginator("list_tags_of_resource").paginate(ResourceArn=ARN + "Boto")
    assert [len(page["Tags"]) for page in pages] == [10, 10, 3]
