// dynamodb-toolbox: typed entities on a single table.
import { Entity } from "dynamodb-toolbox/entity";
import { DeleteItemCommand } from "dynamodb-toolbox/entity/actions/delete";
import { GetItemCommand } from "dynamodb-toolbox/entity/actions/get";
import { PutItemCommand } from "dynamodb-toolbox/entity/actions/put";
import { ConditionCheck } from "dynamodb-toolbox/entity/actions/transactCheck";
import { DeleteTransaction } from "dynamodb-toolbox/entity/actions/transactDelete";
import { GetTransaction } from "dynamodb-toolbox/entity/actions/transactGet";
import { PutTransaction } from "dynamodb-toolbox/entity/actions/transactPut";
import { UpdateTransaction } from "dynamodb-toolbox/entity/actions/transactUpdate";
import { $add, $append, $remove, UpdateItemCommand } from "dynamodb-toolbox/entity/actions/update";
import { BatchPutRequest } from "dynamodb-toolbox/entity/actions/batchPut";
import { execute as executeWrites } from "dynamodb-toolbox/entity/actions/transactWrite";
import { execute as executeReads } from "dynamodb-toolbox/entity/actions/transactGet";
import { item } from "dynamodb-toolbox/schema/item";
import { list } from "dynamodb-toolbox/schema/list";
import { number } from "dynamodb-toolbox/schema/number";
import { string } from "dynamodb-toolbox/schema/string";
import { Table } from "dynamodb-toolbox/table";
import { BatchWriteCommand, execute as executeBatch } from "dynamodb-toolbox/table/actions/batchWrite";
import { QueryCommand } from "dynamodb-toolbox/table/actions/query";
import { ScanCommand } from "dynamodb-toolbox/table/actions/scan";
import { assert, createSingleTable, documents, pageThrough, refuses, table } from "./common.mjs";

await createSingleTable();
const Shop = new Table({
  documentClient: documents,
  name: table,
  partitionKey: { name: "pk", type: "string" },
  sortKey: { name: "sk", type: "string" },
  indexes: {
    gsi1: {
      type: "global",
      partitionKey: { name: "gsi1pk", type: "string" },
      sortKey: { name: "gsi1sk", type: "string" },
    },
  },
});
const Pet = new Entity({
  name: "Pet",
  table: Shop,
  schema: item({
    owner: string().key().savedAs("pk"),
    name: string().key().savedAs("sk"),
    kind: string().savedAs("gsi1pk"),
    born: string().optional().savedAs("gsi1sk"),
    age: number().optional(),
    toys: list(string()).optional(),
  }),
});
const name = (i) => `pet-${String(i).padStart(2, "0")}`;

const pets = Array.from({ length: 30 }, (_, i) => ({
  owner: "ann", name: name(i), kind: i % 3 ? "cat" : "dog", born: `20${10 + i}`, age: i }));
for (let i = 0; i < pets.length; i += 25) {
  const requests = pets.slice(i, i + 25).map((pet) => Pet.build(BatchPutRequest).item(pet));
  await executeBatch(Shop.build(BatchWriteCommand).requests(...requests));
}
await Pet.build(PutItemCommand).item({ owner: "bob", name: "rex", kind: "dog", toys: ["ball"] }).send();
await refuses(
  Pet.build(PutItemCommand).item({ owner: "bob", name: "rex", kind: "dog" })
    .options({ condition: { attr: "name", exists: false } }).send(),
  "ConditionalCheckFailedException",
);

const found = await pageThrough(async (cursor) => {
  const page = await Shop.build(QueryCommand).entities(Pet).query({ partition: "ann", range: { gte: "pet-05" } })
    .options({ limit: 6, exclusiveStartKey: cursor }).send();
  return { items: page.Items, cursor: page.LastEvaluatedKey };
}, 5);
assert.deepEqual(found.map((pet) => pet.name), pets.slice(5).map((pet) => pet.name));
const dogs = await Shop.build(QueryCommand).entities(Pet)
  .query({ index: "gsi1", partition: "dog", range: { beginsWith: "20" } })
  .options({ filters: { Pet: { attr: "age", lt: 10 } }, reverse: true }).send();
assert.deepEqual(dogs.Items.map((pet) => pet.age), [9, 6, 3, 0]);

await Pet.build(UpdateItemCommand).item({ owner: "bob", name: "rex", age: $add(1), toys: $append(["bone"]), kind: "wolf" })
  .options({ condition: { attr: "kind", eq: "dog" } }).send();
const rex = await Pet.build(GetItemCommand).key({ owner: "bob", name: "rex" }).options({ consistent: true }).send();
assert.deepEqual([rex.Item.age, rex.Item.toys, rex.Item.kind], [1, ["ball", "bone"], "wolf"]);
await refuses(
  Pet.build(UpdateItemCommand).item({ owner: "bob", name: "rex", toys: $remove() })
    .options({ condition: { attr: "kind", eq: "dog" } }).send(),
  "ConditionalCheckFailedException",
);

await executeWrites(
  Pet.build(PutTransaction).item({ owner: "cat", name: "tom", kind: "cat" }),
  Pet.build(UpdateTransaction).item({ owner: "ann", name: name(1), age: 100 }),
  Pet.build(DeleteTransaction).key({ owner: "ann", name: name(2) }),
  Pet.build(ConditionCheck).key({ owner: "bob", name: "rex" }).condition({ attr: "kind", eq: "wolf" }),
);
await refuses(
  executeWrites(
    Pet.build(DeleteTransaction).key({ owner: "cat", name: "tom" }),
    Pet.build(ConditionCheck).key({ owner: "bob", name: "rex" }).condition({ attr: "kind", eq: "dog" }),
  ),
  "TransactionCanceledException",
);
const read = await executeReads(
  Pet.build(GetTransaction).key({ owner: "cat", name: "tom" }),
  Pet.build(GetTransaction).key({ owner: "ann", name: name(2) }),
);
assert.deepEqual(read.Responses.map((part) => part.Item?.name ?? null), ["tom", null]);

await Pet.build(DeleteItemCommand).key({ owner: "cat", name: "tom" }).send();
const left = await Shop.build(ScanCommand).entities(Pet).options({ maxPages: Infinity }).send();
assert.equal(left.Items.length, 30);
