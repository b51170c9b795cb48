"""BatchGetItem and BatchWriteItem. Source: dynamodb-operations.md sections 8 and 9."""
import pytest

from calls import DYNAMODB, INVALID

ONE, TWO = "BatchOne", "BatchTwo"
MORE_THAN_ONE = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
DUPLICATES = "Provided list of item keys contains duplicates"
KEY_SCHEMA = "The provided key element does not match the schema"


@pytest.fixture(scope="module", autouse=True)
def tables(tropic):
    tropic.make_table(ONE)
    tropic.make_table(TWO, sort="N")


def key(n):
    return {"pk": {"S": f"k{n}"}}


def write(tropic, **tables):
    return tropic.ok("BatchWriteItem", {"RequestItems": tables})


def test_puts_and_deletes_over_two_tables(tropic):
    assert write(tropic, **{ONE: [{"PutRequest": {"Item": {**key(n), "v": {"N": str(n)}}}} for n in range(10)],
                            TWO: [{"PutRequest": {"Item": {**key(0), "sk": {"N": str(n)}}}} for n in range(15)]}) == {
        "UnprocessedItems": {}}
    write(tropic, **{ONE: [{"DeleteRequest": {"Key": key(n)}} for n in range(5)]})
    answer = tropic.ok("BatchGetItem", {"RequestItems": {
        ONE: {"Keys": [key(n) for n in range(10)], "ProjectionExpression": "#v", "ExpressionAttributeNames": {"#v": "v"}},
        TWO: {"Keys": [{**key(0), "sk": {"N": "3"}}, {**key(0), "sk": {"N": "99"}}], "ConsistentRead": True}},
        "ReturnConsumedCapacity": "TOTAL"})
    assert sorted(i["v"]["N"] for i in answer["Responses"][ONE]) == list("56789")
    assert answer["Responses"][TWO] == [{**key(0), "sk": {"N": "3"}}]
    assert answer["UnprocessedKeys"] == {}
    units = {c["TableName"]: c["CapacityUnits"] for c in answer["ConsumedCapacity"]}
    assert units == {ONE: 5.0, TWO: 2.0}


def test_a_table_without_hits_has_an_empty_list(tropic):
    answer = tropic.ok("BatchGetItem", {"RequestItems": {ONE: {"Keys": [key("nobody")]}}})
    assert answer == {"Responses": {ONE: []}, "UnprocessedKeys": {}}


def test_what_does_not_fit_into_16_megabytes_goes_back(tropic):
    for n in range(50):
        tropic.ok("PutItem", {"TableName": ONE, "Item": {**key(f"big{n}"), "v": {"S": "x" * 400000}}})
    request = {"Keys": [key(f"big{n}") for n in range(50)], "ConsistentRead": True, "ProjectionExpression": "pk, #v",
               "ExpressionAttributeNames": {"#v": "v"}}
    seen = []
    for _ in range(2):
        answer = tropic.ok("BatchGetItem", {"RequestItems": {ONE: request}})
        seen += [i["pk"]["S"] for i in answer["Responses"][ONE]]
        if not answer["UnprocessedKeys"]:
            break
        assert {k: v for k, v in answer["UnprocessedKeys"][ONE].items() if k != "Keys"} == {
            k: v for k, v in request.items() if k != "Keys"}
        request = answer["UnprocessedKeys"][ONE]
    assert sorted(seen) == sorted(f"kbig{n}" for n in range(50))
    for n in range(0, 50, 25):
        write(tropic, **{ONE: [{"DeleteRequest": {"Key": key(f"big{i}")}} for i in range(n, n + 25)]})


def test_a_request_of_many_megabytes(tropic):
    items = [{"PutRequest": {"Item": {**key(f"m{n}"), "v": {"S": "y" * 400000}}}} for n in range(25)]
    assert write(tropic, **{ONE: items}) == {"UnprocessedItems": {}}
    assert len(tropic.ok("GetItem", {"TableName": ONE, "Key": key("m24")})["Item"]["v"]["S"]) == 400000


GET_REFUSED = [
    ({}, "The requestItems parameter is required for BatchGetItem"),
    ({ONE: {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "a"}}]}}, DUPLICATES),
    ({ONE: {"Keys": [key(n) for n in range(60)]}, TWO: {"Keys": [key(n) for n in range(60)]}},
     "Too many items requested for the BatchGetItem call"),
    ({ONE: {"Keys": [{"pk": {"N": "1"}}]}}, KEY_SCHEMA),
    ({ONE: {"Keys": [{"pk": {"N": "x"}}]}}, "The parameter cannot be converted to a numeric value: x"),
    ({ONE: {"Keys": [key(1)], "ExpressionAttributeNames": {"#a": "a"}}},
     "ExpressionAttributeNames can only be specified when using expressions"),
    ({ONE: {"Keys": [key(1)], "ProjectionExpression": "a.pk, pk.b"}},
     "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"),
]


@pytest.mark.parametrize("number", range(len(GET_REFUSED)))
def test_a_batch_get_refused(tropic, number):
    request, message = GET_REFUSED[number]
    tropic.refused("BatchGetItem", {"RequestItems": request}, message)


PUT = {"PutRequest": {"Item": {"pk": {"S": "a"}}}}
DELETE = {"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}
WRITE_REFUSED = [
    ({}, "The requestItems parameter is required for BatchWriteItem"),
    ({ONE: [{}]}, MORE_THAN_ONE),
    ({ONE: [{**PUT, **DELETE}]}, MORE_THAN_ONE),
    ({ONE: [PUT, DELETE]}, DUPLICATES),
    ({TWO: [{"PutRequest": {"Item": {**key(1), "sk": {"N": "1"}}}}, {"DeleteRequest": {"Key": {**key(1), "sk": {"N": "1.0"}}}}]},
     DUPLICATES),
    ({ONE: [PUT] * 15, TWO: [PUT] * 15}, "Too many items requested for the BatchWriteItem call"),
    ({ONE: [{"PutRequest": {"Item": {"v": {"S": "a"}}}}]}, KEY_SCHEMA),
    ({ONE: [{"PutRequest": {"Item": {"pk": {"N": "1"}}}}]}, KEY_SCHEMA),
    ({ONE: [{"PutRequest": {"Item": {"pk": {"L": []}}}}]}, KEY_SCHEMA),
    ({ONE: [{"PutRequest": {"Item": {"pk": {"S": ""}}}}]},
     "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
     "string value. Key: pk"),
    ({ONE: [{"PutRequest": {"Item": {"pk": {"S": "x" * 2049}}}}]},
     INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ({ONE: [{"DeleteRequest": {"Key": {"v": {"S": "a"}}}}]}, KEY_SCHEMA),
    ({ONE: [{"PutRequest": {"Item": {"pk": {"S": "a"}, "a": {"SS": []}}}}]}, INVALID + "An string set  may not be empty"),
    ({"Nowhere": [{"PutRequest": {"Item": {"pk": {"S": "a"}, "v": {"S": "x" * 409600}}}}]},
     "Item size has exceeded the maximum allowed size"),
]


@pytest.mark.parametrize("number", range(len(WRITE_REFUSED)))
def test_a_batch_write_refused(tropic, number):
    request, message = WRITE_REFUSED[number]
    tropic.refused("BatchWriteItem", {"RequestItems": request}, message)


def test_a_missing_table_fails_the_whole_call(tropic):
    for operation, request in (("BatchGetItem", {"Keys": [key(1)]}), ("BatchWriteItem", [PUT])):
        good = {"Keys": [key("kept")]} if operation == "BatchGetItem" else [{"PutRequest": {"Item": key("kept")}}]
        tropic.refused(operation, {"RequestItems": {ONE: good, "Nowhere": request}}, "Requested resource not found",
                       DYNAMODB + "ResourceNotFoundException")
    assert tropic.ok("GetItem", {"TableName": ONE, "Key": key("kept")}) == {}
