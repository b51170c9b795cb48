// tables.mjs ENDPOINT REGION TABLE: settings of a table through the AWS SDK for JavaScript v3, which knows parameters
// that Debian's boto3 does not. Prints one JSON object of what it saw.
import * as sdk from "@aws-sdk/client-dynamodb";

const [endpoint, region, TableName] = process.argv.slice(2);
const client = new sdk.DynamoDBClient({
  endpoint,
  region,
  credentials: { accessKeyId: "any", secretAccessKey: "any" },
  maxAttempts: 1,
});
const describe = async () => (await client.send(new sdk.DescribeTableCommand({ TableName }))).Table;
const refusal = async (command) => {
  try {
    await client.send(command);
  } catch (error) {
    return [error.name, error.message];
  }
};

const { TableDescription: made } = await client.send(
  new sdk.CreateTableCommand({
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
    WarmThroughput: { ReadUnitsPerSecond: 13000, WriteUnitsPerSecond: 5000 },
    OnDemandThroughput: { MaxReadRequestUnits: 40000 },
    Tags: Array.from({ length: 12 }, (_, i) => ({ Key: `k${i}`, Value: `v${i}` })),
  }),
);
await sdk.waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 20 }, { TableName });
const ResourceArn = made.TableArn;

let tags = 0;
for (let NextToken, more = true; more; more = NextToken !== undefined) {
  const page = await client.send(new sdk.ListTagsOfResourceCommand({ ResourceArn, NextToken }));
  tags += page.Tags.length;
  NextToken = page.NextToken;
}
await client.send(new sdk.UntagResourceCommand({ ResourceArn, TagKeys: ["k0"] }));

const TimeToLiveSpecification = { Enabled: true, AttributeName: "expires" };
const { TimeToLiveSpecification: echoed } = await client.send(
  new sdk.UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }),
);
const again = await refusal(new sdk.UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
const lower = await refusal(
  new sdk.UpdateTableCommand({ TableName, WarmThroughput: { ReadUnitsPerSecond: 12000, WriteUnitsPerSecond: 5000 } }),
);
await client.send(new sdk.UpdateTableCommand({ TableName, WarmThroughput: { WriteUnitsPerSecond: 6000 } }));
const table = await describe();

console.log(JSON.stringify({ tags, echoed, again, lower, warm: table.WarmThroughput, onDemand: table.OnDemandThroughput }));
