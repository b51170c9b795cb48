// common.mjs: what every library's test needs: clients for ENDPOINT (argv[2]) and TABLE (argv[3]), a table with a
// global index made with the SDK where the library cannot make one itself, and checks that say what they expected.
//
// A script is one library: it makes a table, writes, queries page by page, updates under conditions that hold and
// that fail, runs transactions that commit and that are cancelled, deletes; it exits 0 when all was right.
import assert from "node:assert/strict";
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export { assert };
export const [endpoint, table] = process.argv.slice(2);
export const config = {
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY },
  maxAttempts: 3,
};
export const client = new DynamoDBClient(config);
export const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

/** pk and sk of strings, and an index gsi1 of gsi1pk and gsi1sk with all attributes. */
export async function createSingleTable(name = table) {
  const key = (pk, sk) => [
    { AttributeName: pk, KeyType: "HASH" },
    { AttributeName: sk, KeyType: "RANGE" },
  ];
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: ["pk", "sk", "gsi1pk", "gsi1sk"].map((n) => ({ AttributeName: n, AttributeType: "S" })),
      KeySchema: key("pk", "sk"),
      GlobalSecondaryIndexes: [
        { IndexName: "gsi1", KeySchema: key("gsi1pk", "gsi1sk"), Projection: { ProjectionType: "ALL" } },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName: name });
}

/** The promise must be refused, with an error that says `name` somewhere in itself or in its causes. */
export async function refuses(promise, name) {
  let error;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  assert(error, `expected ${name}, but it was accepted`);
  const told = [];
  for (let e = error; e; e = e.cause) told.push(e.name, e.message, e.code, e.context?.err?.name);
  assert(
    told.some((text) => String(text).includes(name)),
    `expected ${name}, got ${told.join(" | ")}`,
  );
}

/** Reads all pages: next(cursor) gives { items, cursor }. At least `pages` of them. */
export async function pageThrough(next, pages) {
  const items = [];
  let count = 0, cursor;
  do {
    const page = await next(cursor);
    items.push(...page.items);
    cursor = page.cursor;
    assert(++count < 100, "paging does not end");
  } while (cursor !== undefined && cursor !== null);
  assert(count >= pages, `${count} pages, expected at least ${pages}`);
  return items;
}
