// dynamoose: a model that creates its own table with a global and a local index.
import dynamoose from "dynamoose";
import { assert, config, pageThrough, refuses, table } from "./common.mjs";

dynamoose.aws.ddb.set(new dynamoose.aws.ddb.DynamoDB(config));
const Order = dynamoose.model(
  table,
  new dynamoose.Schema({
    customer: { type: String, hashKey: true },
    number: { type: Number, rangeKey: true },
    state: { type: String, index: [{ name: "byState", type: "global", rangeKey: "number", project: true },
                                   { name: "localState", type: "local" }] },
    total: Number,
    lines: { type: Array, schema: [{ type: Object, schema: { sku: String, count: Number } }] },
    placed: Date,
  }),
  { create: true, update: false, waitForActive: { enabled: true, check: { timeout: 60000, frequency: 200 } },
    throughput: "ON_DEMAND" },
);
const placed = new Date("2026-01-02T03:04:05.000Z");

await Order.batchPut(
  Array.from({ length: 25 }, (_, i) => ({ customer: "ann", number: i, state: i % 2 ? "sent" : "open", total: i, placed })),
);
await Order.create({ customer: "bob", number: 1, state: "open", lines: [{ sku: "x", count: 2 }] });
await refuses(Order.create({ customer: "bob", number: 1 }), "ConditionalCheckFailed");

const mine = await pageThrough(async (cursor) => {
  const query = Order.query("customer").eq("ann").limit(7);
  const page = await (cursor ? query.startAt(cursor) : query).exec();
  return { items: [...page], cursor: page.lastKey };
}, 4);
assert.deepEqual(mine.map((order) => order.number), Array.from({ length: 25 }, (_, i) => i));
assert.deepEqual(mine[0].placed, placed);
const sent = await Order.query("state").eq("sent").where("number").gt(20).using("byState").exec();
assert.deepEqual(sent.map((order) => order.number), [21, 23]);
const local = await Order.query("customer").eq("ann").where("state").eq("sent").using("localState").count().exec();
assert.equal(local.count, 12);
assert.equal((await Order.scan("total").ge(20).exec()).length, 5);

await Order.update({ customer: "ann", number: 3 }, { $ADD: { total: 100 }, $SET: { state: "back" } },
  { condition: new dynamoose.Condition("state").eq("sent") });
assert.equal((await Order.get({ customer: "ann", number: 3 })).total, 103);
await refuses(
  Order.update({ customer: "ann", number: 3 }, { total: 0 }, { condition: new dynamoose.Condition("state").eq("sent") }),
  "ConditionalCheckFailed",
);

await dynamoose.transaction([
  Order.transaction.create({ customer: "cat", number: 1, total: 1 }),
  Order.transaction.update({ customer: "ann", number: 4 }, { state: "gone" }),
  Order.transaction.delete({ customer: "ann", number: 5 }),
  Order.transaction.condition({ customer: "bob", number: 1 }, new dynamoose.Condition("state").eq("open")),
]);
assert.equal((await Order.get({ customer: "ann", number: 4 })).state, "gone");
assert.equal(await Order.get({ customer: "ann", number: 5 }), undefined);
await refuses(
  dynamoose.transaction([
    Order.transaction.delete({ customer: "cat", number: 1 }),
    Order.transaction.create({ customer: "bob", number: 1 }),
  ]),
  "TransactionCanceled",
);
const both = await dynamoose.transaction([
  Order.transaction.get({ customer: "cat", number: 1 }),
  Order.transaction.get({ customer: "bob", number: 1 }),
]);
assert.equal(both.length, 2);

await Order.batchDelete(mine.map(({ customer, number }) => ({ customer, number })));
await Order.delete({ customer: "cat", number: 1 });
assert.deepEqual((await Order.scan().exec()).map((order) => order.customer), ["bob"]);
