"""What is not built answers so, in words; nothing is accepted and ignored."""
import pytest

KEYS = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}

OPERATIONS = """CancelBulkOperation CreateBackup CreateGlobalTable DeleteBackup
DeleteResourcePolicy DescribeBackup DescribeBulkOperation DescribeContinuousBackups DescribeContributorInsights
DescribeExport DescribeGlobalTable DescribeGlobalTableSettings DescribeImport DescribeKinesisStreamingDestination
DescribeTableReplicaAutoScaling DescribeTimeToLive DisableKinesisStreamingDestination
EnableKinesisStreamingDestination ExportTableToPointInTime GetResourcePolicy
ImportTable ListBackups ListBulkOperations ListContributorInsights ListExports ListGlobalTables ListImports
ListTagsOfResource PutResourcePolicy RestoreTableFromBackup RestoreTableToPointInTime SearchVectors StartBulkPutItems
TagResource UntagResource UpdateContinuousBackups UpdateContributorInsights
UpdateGlobalTable UpdateGlobalTableSettings UpdateKinesisStreamingDestination UpdateTableReplicaAutoScaling
UpdateTimeToLive""".split()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_that_is_not_built(tropic, operation):
    tropic.refused(operation, {}, f"Tropic does not support {operation} yet")


PARAMETERS = [
    ("CreateTable", {"BillingMode": "PAY_PER_REQUEST", **KEYS}, {
        "Tags": [{"Key": "a", "Value": "b"}],
        "ResourcePolicy": "{}", "WarmThroughput": {"ReadUnitsPerSecond": 12000},
        "SSESpecification": {"Enabled": True}, "VectorIndexes": [{}],
        "GlobalTableSourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/x",
        "GlobalTableSettingsReplicationMode": "ENABLED"}),
    ("UpdateTable", {"DeletionProtectionEnabled": True}, {
        "SSESpecification": {"Enabled": True},
        "WarmThroughput": {"ReadUnitsPerSecond": 12000}, "VectorIndexUpdates": [{}],
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
