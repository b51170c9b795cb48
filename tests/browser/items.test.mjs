// Items: finding them by Scan and Query, page by page without losing one's place, making, changing,
// duplicating and deleting them as a form and as JSON, and taking them home as a file.
//
// SPDX-License-Identifier: Apache-2.0
import { GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { readFile } from 'node:fs/promises';

import { createTable, putSongs, song } from './lib/data.mjs';
import { assert, inBrowser } from './lib/harness.mjs';

const TABLE = 'Music';
const EXPLORE = `/us-east-1/explore/${TABLE}`;

const get = async (server, Artist, Song) =>
  (await server.dynamodb().send(new GetItemCommand({ TableName: TABLE, Key: { Artist: { S: Artist }, Song: { S: Song } } }))).Item;
const put = (server, item) => server.dynamodb().send(new PutItemCommand({ TableName: TABLE, Item: item }));

/** The file that a choice under Download gives. */
async function download(page, of, format) {
  await page.getByRole('button', { name: 'Download' }).click();
  const loading = page.waitForEvent('download');
  await page.getByRole('group', { name: of }).getByRole('menuitem', { name: format, exact: true }).click();
  const file = await loading;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}

async function open(t) {
  await createTable(t.server, TABLE);
  await t.open(EXPLORE);
}

inBrowser('an item is made as a form, changed as both kinds of JSON, duplicated and deleted', {}, async (t) => {
  const { page, server, see, gone } = t;
  await open(t);
  await page.getByRole('link', { name: 'Create item' }).click();
  await page.getByLabel('Value of Artist').fill('Amália');
  await page.getByLabel('Value of Song').fill('Barco Negro');
  const add = async (type, name) => {
    await page.getByRole('button', { name: 'Add attribute to the item' }).click();
    await page.getByRole('menuitem', { name: type, exact: true }).click();
    await page.getByLabel('Name of new attribute').fill(name);
  };
  await add('Number', 'Year');
  await page.getByLabel('Value of Year').fill('12345678901234567890.5');
  await add('Boolean', 'Live');
  await page.getByRole('button', { name: 'Create item' }).click();
  await see(page.getByText(`Item created in ${TABLE}`));
  assert.deepEqual(await get(server, 'Amália', 'Barco Negro'), {
    Artist: { S: 'Amália' },
    Song: { S: 'Barco Negro' },
    Year: { N: '12345678901234567890.5' },
    Live: { BOOL: false },
  });

  await page.getByRole('link', { name: 'Edit Amália' }).click();
  await page.getByRole('button', { name: 'DynamoDB JSON' }).click();
  const typed = page.getByLabel('Item in DynamoDB JSON');
  const item = JSON.parse(await typed.inputValue());
  await typed.fill(JSON.stringify({ ...item, Tags: { SS: ['fado', 'film'] } }));
  await page.getByRole('button', { name: 'Save changes' }).click();
  await see(page.getByText(`Item saved in ${TABLE}`));
  assert.deepEqual((await get(server, 'Amália', 'Barco Negro')).Tags, { SS: ['fado', 'film'] });
  assert.deepEqual((await get(server, 'Amália', 'Barco Negro')).Year, { N: '12345678901234567890.5' }, 'no digit is lost');

  await page.getByRole('checkbox', { name: 'Select Amália' }).click();
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Duplicate item' }).click();
  await page.getByLabel('Value of Song').fill('Lágrima');
  await page.getByRole('button', { name: 'Remove Tags', exact: true }).click();
  await page.getByRole('button', { name: 'Plain JSON' }).click();
  const plain = page.getByLabel('Item in plain JSON');
  assert.match(await plain.inputValue(), /"Year": 12345678901234567890.5/);
  await plain.fill((await plain.inputValue()).replace('"Live": false', '"Live": true'));
  await page.getByRole('button', { name: 'Create item' }).click();
  await see(page.getByText('Lágrima'));
  assert.deepEqual((await get(server, 'Amália', 'Lágrima')).Live, { BOOL: true });

  for (const n of [0, 1]) await page.getByRole('checkbox', { name: 'Select Amália' }).nth(n).click();
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete 2 items' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete 2 items' });
  await see(dialog.getByText('Amália, Lágrima'));
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await gone(dialog);
  assert.equal((await server.dynamodb().send(new ScanCommand({ TableName: TABLE }))).Count, 0);
});

inBrowser('what is wrong is said and kept: bad JSON, a key that is taken, leaving, another who was first', {}, async (t) => {
  const { page, server, see, gone } = t;
  const before = { Artist: { S: 'Zeca' }, Song: { S: 'Grândola' }, Year: { N: '1971' }, City: { S: 'Lisbon' } };
  await open(t);
  await put(server, before);
  await page.getByRole('link', { name: 'Create item' }).click();
  await page.getByRole('button', { name: 'DynamoDB JSON' }).click();
  const typed = page.getByLabel('Item in DynamoDB JSON');
  await typed.fill('{"Artist": {"S": "Zeca"}, "Song": {"S": "Grândola"');
  await page.getByRole('button', { name: 'Create item' }).click();
  assert.equal(await typed.getAttribute('aria-invalid'), 'true');
  assert.equal(await typed.inputValue(), '{"Artist": {"S": "Zeca"}, "Song": {"S": "Grândola"');

  await typed.fill('{"Artist": {"S": "Zeca"}, "Song": {"S": "Grândola"}}');
  await page.getByRole('button', { name: 'Create item' }).click();
  await see(page.getByText('There is an item with this key already'));
  assert.equal(await typed.inputValue(), '{"Artist": {"S": "Zeca"}, "Song": {"S": "Grândola"}}');
  assert.deepEqual(await get(server, 'Zeca', 'Grândola'), before, 'the item that was there stays');
  const leaving = page.getByRole('dialog', { name: 'Leave without saving?' });
  await page.getByRole('link', { name: 'Dashboard' }).click();
  await leaving.getByRole('button', { name: 'Stay' }).click();
  await gone(leaving);
  assert.equal(await typed.inputValue(), '{"Artist": {"S": "Zeca"}, "Song": {"S": "Grândola"}}');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await leaving.getByRole('button', { name: 'Leave' }).click();

  await page.getByRole('button', { name: 'Read again' }).click();
  await page.getByRole('link', { name: 'Edit Zeca' }).click();
  await page.getByLabel('Value of City').fill('Porto');
  await put(server, { ...before, Year: { N: '1974' }, City: { S: 'Aveiro' } });
  await page.getByRole('button', { name: 'Save changes' }).click();
  await see(page.getByText('The item was changed meanwhile'));
  await see(t.row('Attributes that both changed', 'City').filter({ hasText: 'Aveiro' }).filter({ hasText: 'Porto' }));
  assert.deepEqual((await get(server, 'Zeca', 'Grândola')).City, { S: 'Aveiro' }, 'nothing was overwritten in silence');
  await page.getByRole('button', { name: 'Keep mine' }).click();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await see(page.getByText(`Item saved in ${TABLE}`));
  assert.deepEqual(await get(server, 'Zeca', 'Grândola'), { ...before, Year: { N: '1974' }, City: { S: 'Porto' } });
});

inBrowser('Query by key, condition and filter; its address shows the same to another', {}, async (t) => {
  const { page, server, see, choose } = t;
  await open(t);
  await putSongs(server, TABLE, 100);
  await page.getByRole('button', { name: 'Query', exact: true }).click();
  await page.getByRole('button', { name: 'Run' }).click();
  assert.equal(await page.getByLabel('Artist (partition key)').getAttribute('aria-invalid'), 'true');
  await page.getByLabel('Artist (partition key)').fill('Artist 03');
  await page.getByRole('checkbox', { name: 'Sort descending' }).click();
  await page.getByRole('button', { name: 'Filters' }).click();
  await page.getByRole('button', { name: 'Add filter' }).click();
  await page.getByRole('combobox', { name: 'Attribute' }).fill('Year');
  await choose('Type', 'Number');
  await choose('Condition', 'Greater than or equal to');
  await page.getByLabel('Value', { exact: true }).fill('1983');
  await page.getByRole('button', { name: 'Run' }).click();
  // Songs 3, 23, 43, 63, 83: years 1963, 1983, 2003, 1963, 1983.
  await see(page.getByText('found 3 items, that is all'));
  const songs = await page.getByRole('table', { name: `Items of ${TABLE}` }).getByRole('row').filter({ hasText: 'Artist 03' }).allInnerTexts();
  assert.deepEqual(songs.map((text) => /Song \d+/.exec(text)[0]), ['Song 000083', 'Song 000043', 'Song 000023']);

  const address = page.url();
  await page.goto(address);
  await page.getByRole('button', { name: 'Log in without keys' }).click();
  await see(page.getByText('found 3 items, that is all'));
});

inBrowser('50,000 items: page after page, out to an item and back to the same place; everything as a file', {}, async (t) => {
  const { page, server, see } = t;
  await open(t);
  await putSongs(server, TABLE, 50_000);
  await page.getByRole('button', { name: 'Read again' }).click();
  const rows = page.getByRole('table', { name: `Items of ${TABLE}` }).getByRole('row');
  const shown = async () => (await rows.allInnerTexts()).slice(1).map((text) => /Song \d+/.exec(text)[0]);
  const next = page.getByRole('button', { name: 'Next page' });
  const at = (n) => page.getByRole('button', { name: `Page ${n}`, exact: true }).and(page.locator('[aria-current=true], [aria-current=page]'));
  const seen = new Set();
  for (let n = 1; n <= 5; n++) {
    await see(at(n), rows.nth(50));
    for (const one of await shown()) seen.add(one);
    if (n < 5) await next.click();
  }
  assert.equal(seen.size, 250, 'five pages of 50, none twice');

  const fifth = await shown();
  await rows.nth(30).getByRole('link').click();
  await page.waitForURL(/\/item\?/);
  await page.goBack();
  await see(at(5));
  assert.deepEqual(await shown(), fifth);
  await page.goto(page.url());
  await page.getByRole('button', { name: 'Log in without keys' }).click();
  await see(at(5), rows.nth(50));
  assert.deepEqual(await shown(), fifth, 'the address has the page');

  const csv = await download(page, 'Loaded so far', 'CSV');
  const lines = csv.text.trimEnd().split('\r\n');
  assert.equal(csv.name, `${TABLE}.csv`);
  assert.equal(lines[0].split(',').slice(0, 2).join(), 'Artist,Song');
  assert(lines.length - 1 >= 250);

  const json = await download(page, 'Everything', 'DynamoDB JSON');
  const items = JSON.parse(json.text);
  assert.equal(items.length, 50_000);
  assert.equal(new Set(items.map((item) => item.Song.S)).size, 50_000);
  const one = items.find((item) => item.Song.S === 'Song 012345');
  assert.deepEqual(one, song(12_345));
});
