// model.mjs: prints the inputs of all operations of the published service models as JSON, from the schemas that
// the AWS SDK for JavaScript v3 itself serialises by:
//
//   {"PutItem": {"service": "dynamodb", "members": {"TableName": {"kind": "string"}, ...}, "required": ["TableName"]}}
//
// A shape is {kind} with, by its kind, `members` and `required` (structure), `element` (list, map). An
// AttributeValue, which contains itself, is told by its name only.
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as streams from "@aws-sdk/client-dynamodb-streams";

// The numbers of @smithy/types' schemas.
const SIMPLE = { 0: "string", 1: "number", 2: "boolean", 4: "timestamp", 17: "number", 19: "number", 21: "blob" };
const [LIST, MAP] = [64, 128];

function shape(schema) {
  while (typeof schema === "function") schema = schema();
  if (typeof schema === "number") {
    if (schema & MAP) return { kind: "map", element: shape(schema & ~MAP) };
    if (schema & LIST) return { kind: "list", element: shape(schema & ~LIST) };
    if (schema in SIMPLE) return { kind: SIMPLE[schema] };
    throw new Error(`simple schema ${schema}`);
  }
  if (schema.length === 2) return shape(schema[0]); // a pair with traits
  const [kind, , name, , first, second, required] = schema;
  if (name === "AttributeValue") return { kind: "attribute value" };
  switch (kind) {
    case 0:
      return shape(first);
    case 1:
      return { kind: "list", element: shape(first) };
    case 2:
      return { kind: "map", element: shape(second) };
    case 3:
    case 4:
      return {
        kind: "structure",
        members: Object.fromEntries(first.map((member, i) => [member, shape(second[i])])),
        required: first.slice(0, required ?? 0),
      };
  }
  throw new Error(`schema ${JSON.stringify(schema)}`);
}

const operations = {};
for (const [service, client] of Object.entries({ dynamodb, streams })) {
  for (const schema of Object.values(client)) {
    if (!Array.isArray(schema) || schema[0] !== 9) continue;
    const { members, required } = shape(schema[4]);
    operations[schema[2]] = { service, members, required };
  }
}
console.log(JSON.stringify(operations));
