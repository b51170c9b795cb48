"""Parameters that are not built say so by name; nothing is accepted and ignored. Operations: test_model_coverage.py."""
import pytest

KEYS = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}

PARAMETERS = [
    ("CreateTable", {"BillingMode": "PAY_PER_REQUEST", **KEYS}, {
        "ResourcePolicy": "{}",
        "SSESpecification": {"Enabled": True}, "VectorIndexes": [{}],
        "GlobalTableSourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/x",
        "GlobalTableSettingsReplicationMode": "ENABLED"}),
    ("UpdateTable", {"DeletionProtectionEnabled": True}, {
        "SSESpecification": {"Enabled": True},
        "VectorIndexUpdates": [{}],
        "GlobalTableSettingsReplicationMode": "ENABLED", "DisassociationProtectionEnabled": True,
        "GlobalTableWitnessUpdates": [{"Create": {"RegionName": "eu-west-1"}}]}),
]


@pytest.mark.parametrize("operation,base,name,value", [
    (operation, base, name, value) for operation, base, later in PARAMETERS for name, value in later.items()])
def test_a_parameter_that_is_not_built(tropic, operation, base, name, value):
    tropic.refused(operation, {"TableName": "Later", **base, name: value}, f"Tropic does not support {name} yet")


def test_default_encryption_is_what_there_is(tropic):
    tropic.ok("CreateTable", {"TableName": "Encrypted", "BillingMode": "PAY_PER_REQUEST", **KEYS,
                              "SSESpecification": {"Enabled": False}})
