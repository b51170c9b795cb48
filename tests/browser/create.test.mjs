// The form that creates a table: every setting arrives at the server, mistakes are said beside what
// is wrong, a refusal loses nothing, and hands that know only a keyboard get through.
//
// SPDX-License-Identifier: Apache-2.0
import { DescribeTimeToLiveCommand, ListTagsOfResourceCommand } from '@aws-sdk/client-dynamodb';

import { createTable, describe, untilActive } from './lib/data.mjs';
import { assert, inBrowser, until } from './lib/harness.mjs';

const CREATE = '/us-east-1/tables/create';

inBrowser('custom settings: the table is what was asked for', {}, async ({ page, server, open, see, choose }) => {
  await open(CREATE);
  await page.getByLabel('Table name').fill('Everything');
  await page.getByLabel('Partition key: name').fill('Customer');
  await page.getByLabel('Sort key: name').fill('Number');
  await choose('Sort key: type', 'Number');
  await page.getByRole('radio', { name: /^Customize settings/ }).click();
  await page.getByRole('radio', { name: /^DynamoDB Standard-IA/ }).click();
  await page.getByRole('radio', { name: /^Provisioned/ }).click();
  await page.getByLabel('Read capacity units').fill('7');
  await page.getByLabel('Write capacity units').fill('9');

  await page.getByRole('button', { name: 'Create global index' }).click();
  await page.getByLabel('Index name').fill('ByCity');
  await page.getByLabel('Partition key: name').nth(1).fill('City');
  await page.getByRole('button', { name: 'Create local index' }).click();
  await page.getByLabel('Index name').nth(1).fill('ByDate');
  await page.getByLabel('Sort key: name').last().fill('Date');

  await page.getByRole('checkbox', { name: 'Turn on DynamoDB stream' }).click();
  await page.getByRole('radio', { name: 'Old image', exact: true }).click();
  await page.getByRole('checkbox', { name: /^Delete items when their time has come/ }).click();
  await page.getByLabel('TTL attribute').fill('expires');
  await page.getByRole('checkbox', { name: 'Turn on deletion protection' }).click();
  await page.getByRole('button', { name: 'Add tag' }).click();
  await page.getByLabel('Key of tag 1').fill('team');
  await page.getByLabel('Value of tag 1').fill('orders');
  await page.getByRole('button', { name: 'Create table' }).click();
  await see(page.getByText('Table Everything was created in us-east-1'));

  const table = await untilActive(server, 'Everything');
  assert.deepEqual(table.KeySchema, [
    { AttributeName: 'Customer', KeyType: 'HASH' },
    { AttributeName: 'Number', KeyType: 'RANGE' },
  ]);
  const types = Object.fromEntries(table.AttributeDefinitions.map(({ AttributeName, AttributeType }) => [AttributeName, AttributeType]));
  assert.deepEqual(types, { Customer: 'S', Number: 'N', City: 'S', Date: 'S' });
  assert.equal(table.TableClassSummary.TableClass, 'STANDARD_INFREQUENT_ACCESS');
  assert.equal(table.ProvisionedThroughput.ReadCapacityUnits, 7);
  assert.equal(table.ProvisionedThroughput.WriteCapacityUnits, 9);
  assert.equal(table.GlobalSecondaryIndexes[0].IndexName, 'ByCity');
  assert.equal(table.LocalSecondaryIndexes[0].IndexName, 'ByDate');
  assert.equal(table.StreamSpecification.StreamViewType, 'OLD_IMAGE');
  assert.equal(table.DeletionProtectionEnabled, true);
  const { Tags } = await server.dynamodb().send(new ListTagsOfResourceCommand({ ResourceArn: table.TableArn }));
  assert.deepEqual(Tags, [{ Key: 'team', Value: 'orders' }]);
  const { TimeToLiveDescription } = await server.dynamodb().send(new DescribeTimeToLiveCommand({ TableName: 'Everything' }));
  assert.equal(TimeToLiveDescription.AttributeName, 'expires');
});

inBrowser('mistakes are said beside the field; what the server refuses stays in the form', {}, async ({ page, server, open, see }) => {
  await open(CREATE);
  await page.getByLabel('Table name').fill('a b');
  await page.getByRole('button', { name: 'Create table' }).click();
  await see(page.getByText('Some fields need your attention'));
  assert.equal(await page.getByLabel('Table name').getAttribute('aria-invalid'), 'true');

  await createTable(server, 'Taken');
  await page.getByLabel('Table name').fill('Taken');
  await page.getByLabel('Partition key: name').fill('id');
  await page.getByRole('button', { name: 'Create table' }).click();
  await see(page.getByText('The table was not created'), page.getByText('Table already exists: Taken'));
  assert.equal(await page.getByLabel('Table name').inputValue(), 'Taken');
  assert.equal(await page.getByLabel('Partition key: name').inputValue(), 'id');
});

inBrowser('by keyboard alone: log in, create a table, open it', {}, async ({ page, server, goto, see }) => {
  /** Presses a key until what is looked for has the focus; a page with a trap, or without the way, fails. */
  const keyTo = async (key, target, most = 60) => {
    const walked = [];
    for (let n = 0; n <= most; n++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press(key);
      walked.push(await page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent.slice(0, 30)));
    }
    assert.fail(`${target} is not reached by ${key}: ${walked.join(' | ')}`);
  };
  const tabTo = (target) => keyTo('Tab', target);
  const link = (name) => page.getByRole('link', { name, exact: true }).last();
  await goto('/us-east-1/tables');
  const login = page.getByRole('button', { name: 'Log in without keys' });
  await see(login);
  await tabTo(login);
  await page.keyboard.press('Enter');
  await see(page.getByRole('link', { name: 'Create table' }));
  await tabTo(page.getByRole('link', { name: 'Create table' }).last());
  await page.keyboard.press('Enter');
  await see(page.getByLabel('Table name'));
  await tabTo(page.getByLabel('Table name'));
  await page.keyboard.type('Typed');
  await tabTo(page.getByLabel('Partition key: name'));
  await page.keyboard.type('id');
  await page.keyboard.press('Enter');
  await until('the table to be created', () => describe(server, 'Typed'));
  await see(link('Typed'));
  // A table is one stop for Tab; arrows move in it.
  await tabTo(page.getByRole('button', { name: 'Preferences' }));
  const inGrid = () => page.evaluate(() => document.activeElement.closest('[role=grid]') !== null);
  for (let n = 0; n < 3 && !(await inGrid()); n++) await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await keyTo('ArrowRight', link('Typed'), 3);
  await page.keyboard.press('Enter');
  await see(page.getByRole('heading', { level: 1, name: 'Typed' }));
});
