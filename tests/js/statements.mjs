// statements.mjs ENDPOINT REGION TABLE: PartiQL with the DocumentClient of the AWS SDK for JavaScript v3: inserts,
// updates, pages through and deletes items of a table with the keys pk (S) and sk (N), and prints what it saw.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchExecuteStatementCommand,
  DynamoDBDocumentClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
} from "@aws-sdk/lib-dynamodb";

const [endpoint, region, table] = process.argv.slice(2);
const credentials = { accessKeyId: "AKIDTEST", secretAccessKey: "secret" };
const client = DynamoDBDocumentClient.from(new DynamoDBClient({ endpoint, region, credentials, maxAttempts: 1 }));

async function run(Statement, Parameters, more = {}) {
  return client.send(new ExecuteStatementCommand({ Statement, Parameters, ...more }));
}

for (let sk = 0; sk < 5; sk++)
  await run(`INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?, 'tags': ?, 'm': ?}`, [
    "js", sk, new Set(["a", `n${sk}`]), { list: [sk, "x", null, true] },
  ]);

const pages = [];
let NextToken;
do {
  const answer = await run(`SELECT sk, m.list FROM "${table}" WHERE pk = ? AND sk > ?`, ["js", 0], { Limit: 3, NextToken });
  pages.push(answer.Items);
  NextToken = answer.NextToken;
} while (NextToken);

const updated = await run(
  `UPDATE "${table}" SET tags = set_add(tags, ?) SET m.list = list_append(m.list, ?) WHERE pk = 'js' AND sk = 1
   RETURNING MODIFIED NEW *`, [new Set(["z"]), ["end"]]);
const duplicate = await run(`INSERT INTO "${table}" VALUE {'pk': 'js', 'sk': 1}`).then(() => "none", (error) => error.name);
const batch = await client.send(new BatchExecuteStatementCommand({
  Statements: [0, 9].map((sk) => ({ Statement: `SELECT sk FROM "${table}" WHERE pk = ? AND sk = ?`, Parameters: ["js", sk] })),
}));
const transaction = await client.send(new ExecuteTransactionCommand({
  TransactStatements: [
    { Statement: `DELETE FROM "${table}" WHERE pk = ? AND sk = ?`, Parameters: ["js", 0] },
    { Statement: `UPDATE "${table}" SET done = ? WHERE pk = ? AND sk = ?`, Parameters: [true, "js", 2] },
  ],
}));
console.log(JSON.stringify({
  pages,
  tags: [...updated.Items[0].tags].sort(),
  list: updated.Items[0].m.list,
  duplicate,
  batch: batch.Responses,
  transaction: transaction.Responses.length,
}));
