// dynamodb-onetable: creates its table, unique attributes through transactions, PartiQL-free single-table design.
import { Dynamo } from "dynamodb-onetable/Dynamo";
import { Table } from "dynamodb-onetable";
import { assert, client, pageThrough, refuses, table } from "./common.mjs";

const store = new Table({
  client: new Dynamo({ client }),
  name: table,
  partial: true,
  schema: {
    format: "onetable:1.1.0",
    version: "0.0.1",
    indexes: {
      primary: { hash: "pk", sort: "sk" },
      gs1: { hash: "gs1pk", sort: "gs1sk", project: "all" },
    },
    models: {
      User: {
        pk: { type: String, value: "account#${account}" },
        sk: { type: String, value: "user#${id}" },
        gs1pk: { type: String, value: "user#" },
        gs1sk: { type: String, value: "user#${name}" },
        account: { type: String, required: true },
        id: { type: String, required: true },
        name: { type: String, required: true },
        email: { type: String, unique: true },
        age: { type: Number },
      },
    },
    params: { isoDates: true, timestamps: true },
  },
});
await store.createTable();
for (let tries = 0; !(await store.exists()); tries++) assert(tries < 100, "the table does not appear");
const User = store.getModel("User");
const id = (i) => String(i).padStart(2, "0");

for (let i = 0; i < 20; i++) await User.create({ account: "a", id: id(i), name: `n${id(19 - i)}`, age: i, email: `${i}@x` });
await refuses(User.create({ account: "a", id: "new", name: "x", email: "3@x" }), "unique");
await refuses(User.create({ account: "a", id: "03", name: "x", email: "new@x" }), "unique");

const users = await pageThrough(async (cursor) => {
  const page = await User.find({ account: "a" }, { limit: 6, next: cursor });
  return { items: [...page], cursor: page.next };
}, 4);
assert.deepEqual(users.map((user) => user.id), Array.from({ length: 20 }, (_, i) => id(i)));
const byName = await User.find({ gs1pk: "user#" }, { index: "gs1" });
assert.deepEqual(byName.map((user) => user.name), Array.from({ length: 20 }, (_, i) => `n${id(i)}`));
const old = await User.find({ account: "a" }, { where: "${age} >= {15}" });
assert.equal(old.length, 5);

const grown = await User.update({ account: "a", id: "03" }, { add: { age: 1 }, where: "${age} = {3}" });
assert.equal(grown.age, 4);
await refuses(User.update({ account: "a", id: "03", age: 0 }, { where: "${age} = {3}" }), "onditional");

const transaction = {};
await User.update({ account: "a", id: "04", age: 44 }, { transaction });
await User.create({ account: "b", id: "01", name: "bea", email: "bea@x" }, { transaction });
await store.transact("write", transaction);
assert.equal((await User.get({ account: "a", id: "04" })).age, 44);
const bad = {};
await User.update({ account: "a", id: "05", age: 55 }, { transaction: bad });
await User.update({ account: "a", id: "06", age: 66 }, { transaction: bad, where: "${age} = {0}" });
await refuses(store.transact("write", bad), "ransaction");
assert.equal((await User.get({ account: "a", id: "05" })).age, 5);

await User.remove({ account: "b", id: "01" });
await User.create({ account: "c", id: "01", name: "bea", email: "bea@x" }); // free again
await User.remove({ account: "a" }, { many: true });
assert.equal((await User.find({ account: "a" })).length, 0);
await store.deleteTable("DeleteTableForever");
