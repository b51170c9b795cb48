// @keyv/dynamo: a key-value cache; makes its table and turns TTL on.
import { KeyvDynamo } from "@keyv/dynamo";
import { DescribeTimeToLiveCommand } from "@aws-sdk/client-dynamodb";
import { Keyv } from "keyv";
import { assert, client, config, table } from "./common.mjs";

const cache = new Keyv({ store: new KeyvDynamo({ ...config, tableName: table }), useKeyPrefix: false });
cache.on("error", (error) => { throw error; });
await cache.set("a", { deep: [1, "two", null] });
await cache.set("b", "text", 60000);
assert.deepEqual(await cache.get("a"), { deep: [1, "two", null] });
assert.equal(await cache.get("absent"), undefined);
assert.deepEqual(await cache.get(["a", "b", "c"]), [{ deep: [1, "two", null] }, "text", undefined]);
const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName: table }));
assert.equal(ttl.TimeToLiveDescription.AttributeName, "expiresAt");
assert.equal(await cache.delete("a"), true);
assert.equal(await cache.delete("a"), false);
await cache.set("c", 1);
await cache.delete(["b", "c"]);
assert.equal(await cache.get("c"), undefined);
await cache.clear();
