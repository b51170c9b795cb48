// indexes.mjs ENDPOINT REGION TABLE: a table with a global secondary index of several key attributes, made, filled,
// queried page by page and left by the AWS SDK for JavaScript v3; another such index added and removed while the table
// is there. Prints what was read as JSON.
import { DynamoDBClient, CreateTableCommand, UpdateTableCommand, DescribeTableCommand, waitUntilTableExists }
  from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, BatchWriteCommand, QueryCommand, paginateQuery, paginateScan }
  from "@aws-sdk/lib-dynamodb";

const [endpoint, region, TableName] = process.argv.slice(2);
const client = new DynamoDBClient({ endpoint, region });
const documents = DynamoDBDocumentClient.from(client);

const definition = (AttributeName, AttributeType) => ({ AttributeName, AttributeType });
const keys = (hashes, ranges) => [
  ...hashes.map((AttributeName) => ({ AttributeName, KeyType: "HASH" })),
  ...ranges.map((AttributeName) => ({ AttributeName, KeyType: "RANGE" })),
];

await client.send(new CreateTableCommand({
  TableName, BillingMode: "PAY_PER_REQUEST", KeySchema: keys(["id"], []),
  AttributeDefinitions: [definition("id", "S"), definition("tenant", "S"), definition("year", "N"),
                         definition("month", "N"), definition("day", "N")],
  GlobalSecondaryIndexes: [{ IndexName: "byDate", KeySchema: keys(["tenant", "year"], ["month", "day"]),
                             Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["title"] } }],
}));
await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName });

const items = [];
for (const tenant of ["a", "b"])
  for (const month of [1, 2, 3])
    for (const day of [1, 10, 20])
      items.push({ id: `${tenant}-${month}-${day}`, tenant, year: 2026, month, day, title: `t${month}.${day}`, body: "x" });
for (let i = 0; i < items.length; i += 25)
  await documents.send(new BatchWriteCommand({ RequestItems: {
    [TableName]: items.slice(i, i + 25).map((Item) => ({ PutRequest: { Item } })) } }));

const query = (condition, values, more = {}) => ({
  TableName, IndexName: "byDate", KeyConditionExpression: "tenant = :t AND #y = :y" + condition,
  ExpressionAttributeNames: { "#y": "year", ...more.names },
  ExpressionAttributeValues: { ":t": "a", ":y": 2026, ...values },
});
const names = { "#m": "month", "#d": "day" };
const found = {};

const march = await documents.send(new QueryCommand(query(" AND #m = :m AND #d > :d", { ":m": 3, ":d": 1 }, { names })));
found.march = march.Items.map((item) => item.id);
found.attributes = Object.keys(march.Items[0]).sort();
found.pages = [];
for await (const page of paginateQuery({ client: documents, pageSize: 4 },
  { ...query(" AND #m >= :m", { ":m": 2 }, { names: { "#m": "month" } }), ScanIndexForward: false }))
  found.pages.push(page.Items.map((item) => item.id));
found.scanned = 0;
for await (const page of paginateScan({ client: documents, pageSize: 5 }, { TableName, IndexName: "byDate" }))
  found.scanned += page.Items.length;

const indexes = async () =>
  (await client.send(new DescribeTableCommand({ TableName }))).Table.GlobalSecondaryIndexes;
const until = async (condition) => {
  while (!condition(await indexes())) await new Promise((resolve) => setTimeout(resolve, 20));
};
await client.send(new UpdateTableCommand({
  TableName, AttributeDefinitions: [definition("month", "N"), definition("day", "N"), definition("title", "S")],
  GlobalSecondaryIndexUpdates: [{ Create: { IndexName: "byMonth", KeySchema: keys(["month", "day"], ["title"]),
                                            Projection: { ProjectionType: "ALL" } } }],
}));
await until((list) => list.every((index) => index.IndexStatus === "ACTIVE"));
found.added = (await indexes()).find((index) => index.IndexName === "byMonth").KeySchema.map((key) => key.AttributeName);
found.byMonth = (await documents.send(new QueryCommand({
  TableName, IndexName: "byMonth", KeyConditionExpression: "#m = :m AND #d = :d", ExpressionAttributeNames: names,
  ExpressionAttributeValues: { ":m": 2, ":d": 10 } }))).Items.map((item) => item.id).sort();
await client.send(new UpdateTableCommand({
  TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: "byMonth" } }] }));
await until((list) => list.length === 1);

console.log(JSON.stringify(found));
