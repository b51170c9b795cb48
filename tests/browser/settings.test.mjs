// A table that is there: its settings, its indexes, its end; and the list of many tables.
//
// SPDX-License-Identifier: Apache-2.0
import {
  CreateTableCommand,
  DescribeContributorInsightsCommand,
  DescribeTimeToLiveCommand,
  ListTagsOfResourceCommand,
} from '@aws-sdk/client-dynamodb';

import { createTable, describe, putSongs } from './lib/data.mjs';
import { assert, inBrowser, until } from './lib/harness.mjs';

const HOME = 'us-east-1';
const settings = (table) => `/${HOME}/table/${table}/additional-settings`;

/** Opens the form behind a button, fills it, and sends it; the form closes when the server took it. */
const changer = ({ page, gone }) => async (button, fill, send = 'Save changes') => {
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor();
  await fill(dialog);
  await dialog.getByRole('button', { name: send, exact: true }).click();
  await gone(dialog);
};

inBrowser('every setting of a table is changed, and the page shows it without a reload', {}, async (t) => {
  const { page, server, open, see } = t;
  const change = changer(t);
  await createTable(server, 'Music', {
    GlobalSecondaryIndexes: [{ IndexName: 'BySong', KeySchema: [{ AttributeName: 'Song', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } }],
    Tags: [{ Key: 'team', Value: 'one' }, { Key: 'old', Value: 'x' }],
  });
  await open(settings('Music'));

  await change('Edit: Read/write capacity', async (dialog) => {
    assert(await dialog.getByRole('button', { name: 'Save changes' }).isDisabled(), 'nothing is changed yet');
    await dialog.getByRole('radio', { name: 'Provisioned' }).check();
    await dialog.getByLabel('Read capacity units', { exact: true }).fill('12');
    await dialog.getByLabel('Write capacity units of BySong').fill('7');
  });
  await see(page.getByText('12 read, 5 write units'));
  await change('Edit: Read/write capacity', async (dialog) => {
    await dialog.getByRole('radio', { name: 'On-demand' }).check();
    await dialog.getByLabel('Maximum read request units - optional').fill('1,500');
  });
  await see(page.getByText('Reads: at most 1,500; writes: no maximum'));
  await change('Edit: Table class', (dialog) => dialog.getByRole('radio', { name: 'DynamoDB Standard-IA' }).check());
  await see(page.getByText('DynamoDB Standard-IA'));
  await change('Turn on: Time to live (TTL)', (dialog) => dialog.getByLabel('TTL attribute').fill('expires'), 'Turn on');
  await see(page.getByRole('button', { name: 'Turn off: Time to live (TTL)' }));
  await change('Turn on: Deletion protection', () => {}, 'Turn on');
  await see(page.getByRole('button', { name: 'Turn off: Deletion protection' }));
  await change('Edit contributor insights: Index BySong', (dialog) => dialog.getByRole('radio', { name: 'Throttled keys only' }).check());
  await see(page.getByRole('cell', { name: 'Throttled keys only' }));
  await change('Edit: Tags', async (dialog) => {
    await dialog.getByLabel('Value of tag 2').fill('two');
    await dialog.getByRole('button', { name: 'Remove tag old' }).click();
    await dialog.getByRole('button', { name: 'Add tag' }).click();
    await dialog.getByLabel('Key of tag 2').fill('new');
  });
  await see(page.getByText('two', { exact: true }), page.getByText('(empty)'));

  const table = await describe(server, 'Music');
  assert.equal(table.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST');
  assert.deepEqual(table.OnDemandThroughput, { MaxReadRequestUnits: 1500, MaxWriteRequestUnits: -1 });
  assert.equal(table.TableClassSummary.TableClass, 'STANDARD_INFREQUENT_ACCESS');
  assert.equal(table.DeletionProtectionEnabled, true);
  const dynamodb = server.dynamodb();
  const { TimeToLiveDescription } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: 'Music' }));
  assert.equal(TimeToLiveDescription.AttributeName, 'expires');
  const insights = await dynamodb.send(new DescribeContributorInsightsCommand({ TableName: 'Music', IndexName: 'BySong' }));
  assert.deepEqual([insights.ContributorInsightsStatus, insights.ContributorInsightsMode], ['ENABLED', 'THROTTLED_KEYS']);
  const { Tags } = await dynamodb.send(new ListTagsOfResourceCommand({ ResourceArn: table.TableArn }));
  assert.deepEqual(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])), { team: 'two', new: '' });
});

inBrowser('what the server refuses is said in the form, which keeps what was typed', {}, async ({ page, server, open, see }) => {
  const dialog = page.getByRole('dialog');
  await createTable(server, 'Music');
  await open(settings('Music'));
  await page.getByRole('button', { name: 'Turn on: Time to live (TTL)' }).click();
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  await see(dialog.getByText('Name the attribute with the time of expiry.'));
  await dialog.getByLabel('TTL attribute').fill('expires');
  await dialog.getByRole('button', { name: 'Turn on' }).click();
  await dialog.waitFor({ state: 'hidden' });

  await page.getByRole('button', { name: 'Turn off: Time to live (TTL)' }).click();
  await dialog.getByRole('button', { name: 'Turn off' }).click();
  await see(dialog.getByText('Time to live has been modified multiple times within a fixed interval'));
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await page.getByRole('tab', { name: 'Indexes' }).click();
  await page.getByRole('button', { name: 'Create index' }).first().click();
  await dialog.getByLabel('Index name').fill('By City');
  await see(dialog.getByText(/^A space is not allowed/));
  await dialog.getByLabel('Index name').fill('ByCity');
  await dialog.getByLabel('Partition key: name').fill('Artist');
  await dialog.getByRole('button', { name: /Partition key: type/ }).click();
  await page.getByRole('option', { name: 'Number' }).click();
  await see(dialog.getByText(/^Artist is a String in another key/));
});

inBrowser('an index is made with a key of several attributes, changed, and deleted by name', {}, async (t) => {
  const { page, server, open, see, gone } = t;
  const change = changer(t);
  await createTable(server, 'Music');
  await putSongs(server, 'Music', 500);
  await open(`/${HOME}/table/Music/indexes`);
  await see(page.getByText('No indexes'));
  await page.getByRole('button', { name: 'Create index' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Index name').fill('ByCity');
  await dialog.getByLabel('Partition key: name').fill('City');
  await dialog.getByRole('button', { name: 'Add an attribute to the partition key' }).click();
  await dialog.getByLabel('Partition key 2: name').fill('Artist');
  await dialog.getByRole('radio', { name: 'Include' }).check();
  await dialog.getByLabel('Attributes to include').fill('Year');
  await dialog.getByRole('button', { name: 'Create index' }).click();
  await gone(dialog);

  const row = page.getByRole('row', { name: /ByCity/ });
  await see(row.getByText('Active'), row.getByText('City (String), Artist (String)'), row.getByText('Include: Year'), row.getByText('500'));
  const { GlobalSecondaryIndexes: [index] } = await describe(server, 'Music');
  assert.deepEqual(index.KeySchema.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`), ['City HASH', 'Artist HASH']);

  await page.getByRole('radio', { name: 'Choose ByCity' }).check();
  await change('Edit capacity', (form) => form.getByLabel('Maximum write request units - optional').fill('99'));
  await see(row.getByText('Reads: no maximum; writes: at most 99'));
  await change('Delete', async (form) => {
    assert(await form.getByRole('button', { name: 'Delete' }).isDisabled(), 'not without the name');
    await form.getByRole('textbox').fill('ByCity');
  }, 'Delete');
  await see(page.getByText('No indexes'));
});

inBrowser('of many tables only those on the page are described; a table is deleted from the list', {}, async (t) => {
  const { page, server, open, see, watch } = t;
  const name = (n) => `Table-${String(n).padStart(3, '0')}`;
  const dynamodb = server.dynamodb();
  await Promise.all(Array.from({ length: 210 }, (_, n) => dynamodb.send(new CreateTableCommand({
    TableName: name(n),
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'Id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'Id', KeyType: 'HASH' }],
  }))));
  await open(`/${HOME}/tables`);
  await see(page.getByRole('heading', { name: 'Tables (210)' }), page.getByRole('row', { name: /Table-019 Active Id \(String\)/ }));
  const described = () => new Set(watch.requests.filter(({ headers }) => headers['x-amz-target']?.endsWith('.DescribeTable')).map(({ body }) => JSON.parse(body).TableName));
  assert.deepEqual([...described()].sort(), Array.from({ length: 20 }, (_, n) => name(n)));
  await page.getByRole('button', { name: 'Next page' }).click();
  await see(page.getByRole('row', { name: /Table-039 Active Id \(String\)/ }));
  assert.equal(described().size, 40);

  await page.getByRole('searchbox').fill('209');
  await page.getByRole('radio', { name: 'Choose Table-209' }).check();
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete table' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('Table-209');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await see(page.getByRole('heading', { name: 'Tables (209)' }));
  await until('Table-209 to be gone', async () => (await describe(server, 'Table-209')) === null);
});
