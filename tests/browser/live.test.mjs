// What moves by itself: records of a stream, a link that is cut and heals, a server that goes away
// and comes back.
//
// SPDX-License-Identifier: Apache-2.0
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';

import { createReplica, createTable, describe } from './lib/data.mjs';
import { assert, inBrowser, until } from './lib/harness.mjs';

const [HOME, SECOND, THIRD] = ['us-east-1', 'eu-west-1', 'ap-southeast-2'];
const key = (n) => ({ Artist: { S: 'Cesária' }, Song: { S: `Song ${n}` } });
const put = (server, n, more = {}, region) =>
  server.dynamodb(region).send(new PutItemCommand({ TableName: 'Music', Item: { ...key(n), ...more } }));

inBrowser('the live tail of a stream shows every change, with both images', {}, async ({ page, server, open, see, row }) => {
  await createTable(server, 'Music', { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } });
  await put(server, 0);
  await open(`/${HOME}/table/Music/exports-and-streams`);
  await page.getByRole('button', { name: 'From the oldest record' }).click();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const record = (event, n) => row('Records of the stream', `Song ${n}`).filter({ hasText: event });
  await see(record('INSERT', 0));

  await put(server, 1, { Year: { N: '1992' } });
  await see(record('INSERT', 1));
  await put(server, 1, { Year: { N: '1999' } });
  await see(record('MODIFY', 1));
  await record('MODIFY', 1).getByRole('button', { name: /^Show the record of/ }).click();
  const dialog = page.getByRole('dialog');
  await see(dialog.getByText('1992'), dialog.getByText('1999'));
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await server.dynamodb().send(new DeleteItemCommand({ TableName: 'Music', Key: key(1) }));
  await see(record('REMOVE', 1));

  await page.getByRole('button', { name: 'Pause' }).click();
  await put(server, 2);
  await page.getByRole('button', { name: 'Resume' }).click();
  await see(record('INSERT', 2));
  assert.equal(await row('Records of the stream', 'Song').count(), 5);
});

inBrowser('a cut link is seen on the map and in its table, and so is its healing', {}, async ({ page, server, open, see, row }) => {
  await createTable(server, 'Music');
  await createReplica(server, 'Music', SECOND);
  await open(`/${HOME}/globe`);
  const link = page.getByRole('button', { name: new RegExp(`^${SECOND} and ${HOME}\\. `) });
  const said = (text) => until(`the link to be "${text}"`, async () => (await link.getAttribute('aria-label')).includes(text));
  await put(server, 1);
  await said('Up to date');
  await server.tropic('link', HOME, SECOND, '--cut');
  await said('Cut: cut on purpose');
  for (let n = 2; n < 7; n++) await put(server, n);
  await until('five changes to be pending', async () => /Pending changes [^.]*\b5 to eu-west-1/.test(await link.getAttribute('aria-label')));

  await page.getByRole('button', { name: 'Table view' }).click();
  await see(row('Links', SECOND).filter({ hasText: HOME }).filter({ hasText: 'Cut' }));
  await server.tropic('link', HOME, SECOND, '--heal');
  await row('Links', SECOND).filter({ hasText: 'Cut' }).first().waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await until('nothing to be pending', async () => /Pending changes 0 to [^,]+, 0 to /.test(await link.getAttribute('aria-label')));
});

inBrowser('a Region that is stopped is seen at once on the map', {}, async ({ page, server, open, see }) => {
  await open(`/${HOME}/globe`);
  const region = page.getByRole('button', { name: new RegExp(`^${THIRD}, `) });
  await see(region);
  await server.tropic('region', THIRD, '--stop');
  await until('the Region to be shown as stopped', async () => (await region.getAttribute('aria-label')).includes('Stopped'));
  await server.tropic('region', THIRD, '--start');
  await until('the Region to be shown as open', async () => !(await region.getAttribute('aria-label')).includes('Stopped'));
});

inBrowser('a server killed in mid-use: the page says so, loses nothing, and goes on when it is back', { server: { data: true } }, async (t) => {
  const { page, server, open, see, gone, watch } = t;
  const away = page.getByText('The server does not answer', { exact: true });
  await open(`/${HOME}/tables/create`);
  await page.getByLabel('Table name').fill('Survivor');
  await page.getByLabel('Partition key: name').fill('id');
  await watch.away(async () => {
    await server.kill();
    await see(away);
    await page.getByRole('button', { name: 'Create table' }).click();
    await see(page.getByText('The table was not created'), page.getByText(/Nothing you entered is lost/));
    await server.again();
    await gone(away);
  });
  assert.equal(await page.getByLabel('Table name').inputValue(), 'Survivor');
  assert.equal(await page.getByLabel('Partition key: name').inputValue(), 'id');
  await page.getByRole('button', { name: 'Create table' }).click();
  await page.waitForURL('**/tables');
  await see(page.getByRole('link', { name: 'Survivor' }));
  assert.equal((await describe(server, 'Survivor')).KeySchema[0].AttributeName, 'id');
});
