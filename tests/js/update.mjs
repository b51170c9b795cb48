// update.mjs ENDPOINT REGION TABLE TAG: updates the items whose keys come on standard input (one JSON
// array of plain keys) with the AWS SDK for JavaScript v3, and prints how many updates were acknowledged.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { readFileSync } from "node:fs";

const [endpoint, region, table, tag] = process.argv.slice(2);
const keys = JSON.parse(readFileSync(0, "utf8"));
const client = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    endpoint,
    region,
    credentials: {
      accessKeyId: process.env.AWS_ACCESS_KEY_ID,
      secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    },
    maxAttempts: 5,
  }),
);

let acknowledged = 0;
const work = keys.slice();
async function worker() {
  for (let key = work.pop(); key !== undefined; key = work.pop()) {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: table,
        Key: key,
        UpdateExpression: "SET #tag = :tag, #seen = list_append(if_not_exists(#seen, :none), :region)",
        ExpressionAttributeNames: { "#tag": "touchedBy", "#seen": "seen" },
        ExpressionAttributeValues: { ":tag": tag, ":none": [], ":region": [region] },
        ReturnValues: "ALL_NEW",
      }),
    );
    if (Attributes.touchedBy !== tag) throw new Error(`ALL_NEW lacks the update: ${JSON.stringify(Attributes)}`);
    acknowledged++;
  }
}
await Promise.all(Array.from({ length: 16 }, worker));
console.log(acknowledged);
