// dynamodb-admin: its own web server, used through the requests that its pages make.
import { createServer } from "../node_modules/dynamodb-admin/dist/backend.js";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { assert, config, table } from "./common.mjs";

process.env.DYNAMO_ENDPOINT = config.endpoint;
const app = createServer({ dynamoDbClient: new DynamoDBClient(config) });
const server = app.listen(0, "127.0.0.1");
await new Promise((listening) => server.once("listening", listening));
const base = `http://127.0.0.1:${server.address().port}`;

async function ask(method, path, body, status = 200) {
  const answer = await fetch(base + path, {
    method,
    redirect: "manual",
    headers: body ? { "content-type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
  return text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text;
}
const key = (id, at) => encodeURIComponent(`${id},${at}`);

await ask("POST", "/create-table", {
  TableDefinition: {
    TableName: table, HashAttributeName: "id", HashAttributeType: "S", RangeAttributeName: "at",
    RangeAttributeType: "N", ReadCapacityUnits: 5, WriteCapacityUnits: 5,
  },
  SecondaryIndexes: [{
    IndexName: "byKind", IndexType: "global", HashAttributeName: "kind", HashAttributeType: "S",
    RangeAttributeName: "at", RangeAttributeType: "N", ReadCapacityUnits: 5, WriteCapacityUnits: 5,
  }],
}, 204);
assert((await ask("GET", "/")).includes(table));
for (let at = 0; at < 30; at++)
  await ask("PUT", `/tables/${table}/add-item`, { id: "a", at, kind: at % 2 ? "odd" : "even" });
const query = (selection, name, value, rest) => `/tables/${table}/items?operationType=query&queryableSelection=${selection}` +
  `&filters=${encodeURIComponent(JSON.stringify({ [name]: { type: "S", operator: "=", value } }))}&${rest}`;
let items = [], start = "";
do { // it builds the next key from the table's attributes alone, so only the table can be paged
  const page = await ask("GET", query("table", "id", "a", `pageSize=4${start && `&startKey=${start}`}`));
  items.push(...page.Items);
  start = page.nextKey;
} while (start);
assert.deepEqual(items.map((item) => item.at), Array.from({ length: 30 }, (_, i) => i));
items = (await ask("GET", query("byKind", "kind", "odd", "pageSize=25"))).Items;
assert.deepEqual(items.map((item) => item.at), Array.from({ length: 15 }, (_, i) => 2 * i + 1));
await ask("PUT", `/tables/${table}/items/${key("a", 3)}`, { id: "a", at: 3, kind: "changed" });
assert((await ask("GET", `/tables/${table}/items/${key("a", 3)}`)).includes("changed"));
await ask("GET", `/tables/${table}/meta`);
await ask("DELETE", `/tables/${table}/items/${key("a", 3)}`, undefined, 204);
await ask("GET", `/tables/${table}/items/${key("a", 3)}`, undefined, 404);
await ask("DELETE", `/tables/${table}/all`, undefined);
assert.equal((await ask("GET", `/tables/${table}/items`)).Items.length, 0);
await ask("DELETE", `/tables/${table}`, undefined, 204);
server.close();
process.exit(0);
