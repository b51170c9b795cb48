// connect-dynamodb: a session store for express; makes its provisioned table, reaps by Scan.
import connect from "connect-dynamodb";
import session from "express-session";
import { promisify } from "node:util";
import { assert, client, table } from "./common.mjs";

const Store = connect(session);
const store = new Store({ client, table, specialKeys: [{ name: "user", type: "S" }], skipThrowMissingSpecialKeys: true });
const call = (method, ...rest) => promisify(store[method].bind(store))(...rest);
const cookie = (ms) => ({ maxAge: ms, originalMaxAge: ms, expires: new Date(Date.now() + ms) });

await store.initialize();
await store.initialize();
for (let i = 0; i < 10; i++) await call("set", `s${i}`, { cookie: cookie(3600e3), user: `u${i}`, seen: i });
assert.equal((await call("get", "s3")).seen, 3);
assert.equal(await call("get", "absent"), null);
await call("touch", "s3", { cookie: cookie(7200e3) });
await call("destroy", "s3");
assert.equal(await call("get", "s3"), null);
await call("set", "old", { cookie: cookie(-1000), seen: 1 });
assert.equal(await call("get", "old"), null);
await call("reap");
assert.equal((await call("get", "s4")).user, "u4");
