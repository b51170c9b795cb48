// The story that people know from the AWS console, step by step as global-tables.md §11 numbers it:
// log in, create a table, make it global, watch it replicate, take a replica away. Nothing is loaded
// anew on the way: what changes on the server changes on the page.
//
// SPDX-License-Identifier: Apache-2.0
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';

import { createTable, describe, putSongs, untilActive } from './lib/data.mjs';
import { assert, inBrowser, until } from './lib/harness.mjs';

const [HOME, SECOND, THIRD] = ['us-east-1', 'eu-west-1', 'ap-southeast-2'];

/** Says when the page was loaded anew: it forgets what was written on it. */
async function neverReloaded(page) {
  await page.evaluate(() => (window.written = true));
  return async () => assert.equal(await page.evaluate(() => window.written), true, 'the page was loaded anew');
}

async function createReplica({ page, see, choose }, region) {
  await page.getByRole('link', { name: 'Create replica' }).first().click();
  await see(page.getByRole('heading', { level: 1, name: 'Create replica' }));
  await choose('Available replication Regions', new RegExp(region));
  await page.getByRole('button', { name: 'Create replica' }).click();
  await see(page.getByText(`is being created in ${region}`));
}

const writeNote = (server, region, id) =>
  server.dynamodb(region).send(new PutItemCommand({ TableName: 'ConsumerProfiles', Item: { id: { S: id }, from: { S: region } } }));

inBrowser('create a table, make it global, see it replicate, delete a replica', {}, async (t) => {
  const { page, server, menu, open, see, gone, row, region, path } = t;
  const tab = (name) => page.getByRole('tab', { name, exact: true });

  // 1. Log in; the Region is in the top bar.
  await open('/');
  await page.waitForURL(`**/console/${HOME}/dashboard`);
  const sameLoad = await neverReloaded(page);

  // 2. to 4. Create table: name, partition key, default settings.
  await menu('Tables').click();
  await see(page.getByRole('heading', { level: 1, name: /^Tables/ }));
  await page.getByRole('link', { name: 'Create table' }).first().click();
  await see(page.getByRole('heading', { level: 1, name: 'Create table' }));
  await page.getByLabel('Table name').fill('ConsumerProfiles');
  await page.getByLabel('Partition key: name').fill('id');
  assert(await page.getByRole('radio', { name: /^Default settings/ }).isChecked());
  await see(row('Default settings', 'Capacity mode').filter({ hasText: 'On-demand' }));
  await page.getByRole('button', { name: 'Create table' }).click();

  // 5. The list shows it, active.
  await page.waitForURL(`**/console/${HOME}/tables`);
  await see(row('Tables', 'ConsumerProfiles').filter({ hasText: 'Active' }));
  const described = await untilActive(server, 'ConsumerProfiles');
  assert.equal(described.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST', 'so that it can become global');
  assert.equal(described.StreamSpecification, undefined);
  for (const id of ['a', 'b', 'c']) await writeNote(server, HOME, id);

  // 6. Its stream is off.
  await page.getByRole('link', { name: 'ConsumerProfiles' }).click();
  await tab('Exports and streams').click();
  await page.waitForURL('**/exports-and-streams');
  await see(page.getByText('Disabled', { exact: true }));

  // 7. to 9. Create replica. Far away, so that it is seen at work: creating, then active.
  await tab('Global tables').click();
  await see(page.getByText('This table lives in one Region'));
  await server.tropic('link', HOME, SECOND, '--delay', '1s');
  await createReplica(t, SECOND);
  await page.waitForURL('**/table/ConsumerProfiles/global-tables');
  await see(row('Replicas', SECOND).filter({ hasText: 'Creating' }));
  await server.tropic('link', HOME, SECOND, '--delay', '0');
  await see(row('Replicas', SECOND).filter({ hasText: 'Active' }));
  await see(page.getByText('2019.11.21'));

  // 10. The stream is on, with new and old images.
  await tab('Exports and streams').click();
  await see(page.getByText('Enabled', { exact: true }), page.getByText('New and old images'));

  // 11. In the other Region the same table has the same items, and its own list of replicas.
  await region(SECOND);
  await tab('Global tables').click();
  await see(row('Replicas', HOME).filter({ hasText: 'Active' }));
  await page.getByRole('link', { name: 'Explore table items' }).click();
  await see(...['a', 'b', 'c'].map((id) => page.getByRole('link', { name: `Edit ${id}`, exact: true })));

  // 12. A second replica, asked for from the Region that has just got one.
  await page.goBack();
  await createReplica(t, THIRD);
  await see(row('Replicas', THIRD).filter({ hasText: 'Active' }));
  await region(THIRD);
  for (const other of [HOME, SECOND]) await see(row('Replicas', other).filter({ hasText: 'Active' }));

  // 13. An item made here is seen there.
  await page.getByRole('link', { name: 'Explore table items' }).click();
  await page.getByRole('link', { name: 'Create item' }).click();
  await page.getByLabel('Value of id').fill('made in Sydney');
  await page.getByRole('button', { name: 'Create item' }).click();
  await page.waitForURL(/explore\/ConsumerProfiles(\?|$)/);
  const key = { TableName: 'ConsumerProfiles', Key: { id: { S: 'made in Sydney' } } };
  await until('the item in the first Region', async () => (await server.dynamodb(HOME).send(new GetItemCommand(key))).Item);
  await region(HOME);
  await see(page.getByRole('link', { name: 'Edit made in Sydney' }));

  // 14. Delete replica: by name; the Region that a replica was filled from is refused, in plain words.
  await menu('Tables').click();
  await see(page.getByRole('heading', { level: 1, name: /^Tables/ }));
  await page.getByRole('link', { name: 'ConsumerProfiles' }).click();
  await tab('Global tables').click();
  const remove = async (target) => {
    await page.getByRole('radio', { name: `Choose the replica in ${target}` }).click();
    await page.getByRole('button', { name: 'Delete replica' }).click();
    const dialog = page.getByRole('dialog', { name: `Delete replica in ${target}` });
    const button = dialog.getByRole('button', { name: 'Delete', exact: true });
    await see(dialog.getByText(`The table ConsumerProfiles in ${target} is deleted with all of its items there`));
    assert(await button.isDisabled());
    await dialog.getByLabel(`To confirm, type ${target}`).fill(target.slice(0, -1));
    assert(await button.isDisabled(), 'not by half a name');
    await dialog.getByLabel(`To confirm, type ${target}`).fill(target);
    await button.click();
    return dialog;
  };
  const refused = await remove(SECOND);
  await see(refused.getByText(/another replica was filled from eu-west-1 less than 24 hours ago/));
  assert.equal(await refused.getByLabel(`To confirm, type ${SECOND}`).inputValue(), SECOND, 'what was typed stays');
  await refused.getByRole('button', { name: 'Cancel' }).click();

  await gone(await remove(THIRD));
  await gone(row('Replicas', THIRD));
  await until('the table there to be gone', async () => (await describe(server, 'ConsumerProfiles', THIRD)) === null);
  assert.equal(path(), `/${HOME}/table/ConsumerProfiles/global-tables`);
  await sameLoad();
});

inBrowser('Create replica says why a Region is not available', {}, async ({ page, server, open, see }) => {
  await createTable(server, 'Orders');
  await createTable(server, 'Orders', {}, SECOND);
  await server.tropic('link', HOME, THIRD, '--cut');
  await open(`/${HOME}/table/Orders/create-replica`);
  const reasons = page.getByRole('listitem');
  await see(reasons.filter({ hasText: `${SECOND}: Has a table named Orders that is no replica` }));
  await see(reasons.filter({ hasText: `${THIRD}: The link to ${HOME} is cut` }));
  await page.getByRole('button', { name: 'Create replica' }).click();
  await see(page.getByText('Choose a Region').last());

  await server.tropic('link', HOME, THIRD, '--heal');
  await reasons.filter({ hasText: THIRD }).waitFor({ state: 'hidden' });
});

inBrowser('a replica has a table class and read capacity of its own; verify finds all equal', {}, async (t) => {
  const { page, server, open, see, row, choose } = t;
  await createTable(server, 'Orders');
  await putSongs(server, 'Orders', 100);
  await open(`/${HOME}/table/Orders/create-replica`);
  await choose('Available replication Regions', new RegExp(SECOND));
  await choose('Table class', /Standard-IA/);
  await page.getByLabel('Maximum read request units').fill('none');
  await page.getByRole('button', { name: 'Create replica' }).click();
  assert.equal(await page.getByLabel('Maximum read request units').inputValue(), 'none');
  await page.getByLabel('Maximum read request units').fill('123');
  await page.getByRole('button', { name: 'Create replica' }).click();
  await see(row('Replicas', SECOND).filter({ hasText: 'Active' }).filter({ hasText: 'DynamoDB Standard-IA' }).filter({ hasText: '123' }));
  const { TableClassSummary, OnDemandThroughput } = await describe(server, 'Orders', SECOND);
  assert.equal(TableClassSummary.TableClass, 'STANDARD_INFREQUENT_ACCESS');
  assert.equal(OnDemandThroughput?.MaxReadRequestUnits, 123);

  await page.getByRole('button', { name: 'Verify' }).click();
  for (const region of [HOME, SECOND]) await see(row('Replicas that were compared', region).filter({ hasText: '100' }));
});
