// electrodb: one table, two entities' worth of keys, a collection by global index, transactions.
import electrodb from "electrodb";
import { assert, client, createSingleTable, pageThrough, refuses, table } from "./common.mjs";

const { Entity, Service } = electrodb;
await createSingleTable();

const Task = new Entity(
  {
    model: { entity: "task", version: "1", service: "work" },
    attributes: {
      team: { type: "string", required: true },
      id: { type: "string", required: true },
      state: { type: ["open", "done"], required: true, default: "open" },
      points: { type: "number", default: 0 },
      tags: { type: "set", items: "string" },
      notes: { type: "list", items: { type: "map", properties: { by: { type: "string" }, text: { type: "string" } } } },
    },
    indexes: {
      byTeam: { pk: { field: "pk", composite: ["team"] }, sk: { field: "sk", composite: ["id"] } },
      byState: {
        index: "gsi1",
        pk: { field: "gsi1pk", composite: ["state"] },
        sk: { field: "gsi1sk", composite: ["team", "id"] },
      },
    },
  },
  { table, client },
);
const service = new Service({ task: Task }, { table, client });
const id = (i) => String(i).padStart(3, "0");

await Task.put(Array.from({ length: 40 }, (_, i) => ({ team: "a", id: id(i), points: i, tags: ["new"] }))).go();
await Task.create({ team: "b", id: "1", notes: [{ by: "me", text: "first" }] }).go();
await refuses(Task.create({ team: "b", id: "1" }).go(), "conditional request failed");

const all = await pageThrough(async (cursor) => {
  const page = await Task.query.byTeam({ team: "a" }).go({ cursor, limit: 9 });
  return { items: page.data, cursor: page.cursor };
}, 5);
assert.deepEqual(all.map((task) => task.id), Array.from({ length: 40 }, (_, i) => id(i)));
const some = await Task.query.byTeam({ team: "a" }).between({ id: "010" }, { id: "019" })
  .where(({ points }, { gte }) => gte(points, 15)).go({ order: "desc" });
assert.deepEqual(some.data.map((task) => task.points), [19, 18, 17, 16, 15]);

await Task.patch({ team: "a", id: "003" }).set({ state: "done" }).add({ points: 10, tags: ["seen"] })
  .where(({ points }, { eq }) => eq(points, 3)).go();
await refuses(
  Task.patch({ team: "a", id: "003" }).set({ points: 0 }).where(({ points }, { eq }) => eq(points, 3)).go(),
  "conditional request failed",
);
const done = await Task.query.byState({ state: "done" }).go();
assert.deepEqual(done.data, [{ team: "a", id: "003", state: "done", points: 13, tags: ["new", "seen"] }]);
assert.equal((await Task.query.byState({ state: "open" }).go({ pages: "all" })).data.length, 40);

await service.transaction.write(({ task }) => [
  task.patch({ team: "a", id: "004" }).set({ state: "done" }).commit(),
  task.create({ team: "c", id: "1", points: 7 }).commit(),
  task.check({ team: "b", id: "1" }).where(({ points }, { eq }) => eq(points, 0)).commit(),
]).go();
const cancelled = await service.transaction.write(({ task }) => [
  task.create({ team: "c", id: "2" }).commit(),
  task.create({ team: "c", id: "1" }).commit({ response: "all_old" }),
]).go();
assert.equal(cancelled.canceled, true);
assert.deepEqual(cancelled.data.map((part) => part.code), ["None", "ConditionalCheckFailed"]);
assert.equal(cancelled.data[1].item.points, 7);
assert.equal((await Task.get({ team: "c", id: "2" }).go()).data, null);
const read = await service.transaction.get(({ task }) => [
  task.get({ team: "c", id: "1" }).commit(),
  task.get({ team: "c", id: "2" }).commit(),
]).go();
assert.deepEqual(read.data.map((part) => part.item?.points ?? null), [7, null]);

await Task.remove({ team: "c", id: "1" }).go();
await Task.delete(all.map(({ team, id }) => ({ team, id }))).go();
assert.equal((await Task.query.byTeam({ team: "a" }).go()).data.length, 0);
assert.equal((await Task.query.byState({ state: "done" }).go()).data.length, 0);
