// Drills: a person breaks links and stops Regions by hand, watches replicas part, heals, and has it
// proven that they are equal again.
//
// SPDX-License-Identifier: Apache-2.0
import { PutItemCommand } from '@aws-sdk/client-dynamodb';

import { createReplica, createTable, putSongs, song } from './lib/data.mjs';
import { assert, inBrowser, until } from './lib/harness.mjs';

const [HOME, SECOND, THIRD] = ['us-east-1', 'eu-west-1', 'ap-southeast-2'];
const BOTH = `${SECOND} and ${HOME}, both directions`;

const verified = async ({ page, see }, verdict) => {
  await page.getByRole('button', { name: 'Verify', exact: true }).click();
  await see(page.getByText(verdict));
};

inBrowser('cut a link, see replicas part, heal it, verify that they are equal', {}, async (t) => {
  const { page, server, open, see, row } = t;
  await createTable(server, 'Music');
  await createReplica(server, 'Music', SECOND);
  await open(`/${HOME}/drills`);
  const items = (region, count) => see(row('Replicas of Music', region).getByRole('cell').filter({ hasText: new RegExp(`^${count}\\b`) }));
  await page.getByRole('button', { name: `Cut ${BOTH}` }).click();
  await see(page.getByRole('button', { name: `Heal ${BOTH}` }));
  await putSongs(server, 'Music', 25);
  await items(HOME, 25);
  await items(SECOND, 0);
  // Both Regions write the same item: neither has seen the other's.
  for (const region of [HOME, SECOND])
    await server.dynamodb(region).send(new PutItemCommand({ TableName: 'Music', Item: { ...song(7), By: { S: region } } }));

  await page.getByRole('button', { name: `Heal ${BOTH}` }).click();
  await items(SECOND, 25);
  await see(row('Replicas of Music', HOME).getByRole('cell').last().filter({ hasText: /^[1-9]/ }));
  await verified(t, 'All replicas are equal');
  for (const region of [HOME, SECOND]) await see(row('Replicas that were compared', region).filter({ hasText: '25' }));
});

inBrowser('delay and loss are set by hand; everything heals with one button', {}, async ({ page, server, open, see }) => {
  await open(`/${HOME}/drills`);
  const shapes = async () => JSON.parse(await server.tropic('status', '--json')).shapes.filter(({ from, to }) => [from, to].sort().join() === [HOME, SECOND].sort().join());
  const delay = page.getByLabel(`Delay in ms, ${BOTH}`);
  await delay.fill('150');
  await delay.press('Enter');
  await until('the delay to be set both ways', async () => (await shapes()).filter(({ delay_us }) => delay_us === 150_000).length === 2);
  await page.getByRole('button', { name: `Stop ${THIRD}` }).click();
  await see(page.getByRole('button', { name: `Start ${THIRD}` }));
  await page.getByRole('button', { name: 'Heal everything' }).click();
  await see(page.getByRole('button', { name: `Stop ${THIRD}` }));
  await until('the delay to be gone', async () => (await shapes()).every(({ delay_us }) => delay_us === 0));
  await until('nothing to be broken', () => page.getByRole('button', { name: 'Heal everything' }).isDisabled());
  assert.equal(await delay.inputValue(), '0');
});
