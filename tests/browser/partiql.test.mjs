// The PartiQL editor: statements, their parameters, pages, batches and transactions, and what is said
// when one is wrong.
//
// SPDX-License-Identifier: Apache-2.0
import { ScanCommand } from '@aws-sdk/client-dynamodb';

import { createTable, putSongs } from './lib/data.mjs';
import { assert, inBrowser } from './lib/harness.mjs';

const EDITOR = '/us-east-1/partiql';
const insert = (song) => `INSERT INTO "Music" VALUE {'Artist': 'Amália', 'Song': '${song}'}`;

async function write({ page }, text) {
  await page.getByLabel('PartiQL', { exact: true }).fill(text);
}
const run = ({ page }) => page.getByRole('button', { name: 'Run', exact: true }).click();
const count = async (server) => (await server.dynamodb().send(new ScanCommand({ TableName: 'Music', Select: 'COUNT' }))).Count;

inBrowser('a SELECT with a parameter, its items; a statement that is wrong stays to be mended', {}, async (t) => {
  const { page, server, see, open } = t;
  await createTable(server, 'Music');
  await putSongs(server, 'Music', 60);
  await open(EDITOR);
  await write(t, `SELEC * FROM "Music"`);
  await run(t);
  await see(page.getByText('ValidationException'));
  assert.equal(await page.getByLabel('PartiQL', { exact: true }).inputValue(), `SELEC * FROM "Music"`);

  await write(t, `SELECT "Song", "Year" FROM "Music" WHERE "Artist" = ?`);
  await page.getByLabel('Value of Parameter 1').fill('Artist 07');
  await page.getByLabel('PartiQL', { exact: true }).press('Control+Enter');
  for (const n of ['07', '27', '47']) await see(t.row('Items returned', `Song 0000${n}`));
  assert.equal(await t.row('Items returned', /Song \d/).count(), 3);
  await see(page.getByText('found 3 items, that is all'));
});

inBrowser('several statements, each by itself or all or none', {}, async (t) => {
  const { page, server, see, open, row } = t;
  await createTable(server, 'Music');
  await open(EDITOR);
  await write(t, [insert('one'), insert('two')].join(';\n'));
  await run(t);
  await see(row('Statements', 'two').filter({ hasText: 'Done' }));
  assert.equal(await count(server), 2);

  await write(t, [insert('three'), insert('two')].join(';\n'));
  await page.getByRole('radio', { name: /^All of them or none/ }).click();
  await run(t);
  await see(page.getByText(/DuplicateItem/).first());
  assert.equal(await count(server), 2, 'none');
  await page.getByRole('radio', { name: /^Each by itself/ }).click();
  await run(t);
  await see(row('Statements', 'three').filter({ hasText: 'Done' }), row('Statements', 'two').filter({ hasText: 'DuplicateItem' }));
  assert.equal(await count(server), 3, 'all but the one that is there');

  await page.getByRole('button', { name: 'History' }).click();
  await page.getByRole('menuitem', { name: /'one'/ }).click();
  assert.match(await page.getByLabel('PartiQL', { exact: true }).inputValue(), /'one'/);
});
