// Logging in, and where one is afterwards: keys, the address, the back button, the Region switcher.
//
// SPDX-License-Identifier: Apache-2.0
import { assert, inBrowser, until } from './lib/harness.mjs';
import { KEYS } from './lib/server.mjs';

const SERVE = { server: { mode: 'serve' } };

inBrowser('dev: one click logs in', {}, async ({ page, menu, open, see, path }) => {
  await open('/');
  await see(menu('Tables'));
  await page.waitForURL('**/console/us-east-1/dashboard');
  assert.equal(path(), '/us-east-1/dashboard');
});

inBrowser('serve: wrong keys get a clear message, right ones get in, and no secret is kept or sent', SERVE, async (t) => {
  const { page, context, menu, watch, goto, logIn, see, gone } = t;
  await goto('/us-east-1/tables');
  assert.equal(await page.getByRole('button', { name: 'Log in without keys' }).count(), 0);

  await logIn({ ...KEYS, secretAccessKey: 'wrong' });
  const refusal = page.getByText('The request signature we calculated does not match');
  await see(page.getByText('Could not log in'), refusal);
  await logIn({ accessKeyId: 'AKIDNOBODY', secretAccessKey: 'wrong' });
  await see(page.getByText('The security token included in the request is invalid'));
  assert.equal(await page.getByLabel('Access key ID').inputValue(), 'AKIDNOBODY', 'what was typed stays');

  await logIn(KEYS);
  await gone(page.getByLabel('Secret access key'));
  await menu('Tables').click();
  await see(page.getByRole('button', { name: /^Logged in with access key AKIDTEST/ }));

  const kept = await page.evaluate(async () =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state, location.href, await indexedDB.databases(), await caches?.keys()]),
  );
  const { cookies, origins } = await context.storageState({ indexedDB: true });
  for (const text of [kept, JSON.stringify([cookies, origins])]) {
    assert(!text.includes(KEYS.secretAccessKey), 'the secret is kept nowhere');
    assert(!text.includes(KEYS.accessKeyId), 'nor the key');
  }
  assert.deepEqual(cookies, []);
  const calls = watch.requests.filter(({ method, url }) => method === 'POST' || url.includes('/_tropic/'));
  assert(calls.length > 2);
  for (const { headers, url } of calls) assert.match(headers.authorization ?? '', /^AWS4-HMAC-SHA256 Credential=AKID/, `${url} is signed`);

  await page.reload();
  await see(page.getByLabel('Secret access key'));
});

inBrowser('logging out forgets the keys', SERVE, async ({ page, open, see }) => {
  await open('/us-east-1/tables');
  await page.getByRole('button', { name: /^Logged in with access key/ }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await see(page.getByLabel('Secret access key'));
  assert.equal(await page.getByLabel('Secret access key').inputValue(), '');
});

inBrowser('a deep link is shown after the login; back and forward work; the Region is switched in place', {}, async (t) => {
  const { page, menu, open, see, region } = t;
  await open('/eu-west-1/partiql');
  await page.waitForURL('**/console/eu-west-1/partiql');
  await see(page.getByRole('button', { name: 'Region: eu-west-1' }));

  await menu('Tables').click();
  await page.waitForURL('**/console/eu-west-1/tables');
  await menu('Globe').click();
  await page.waitForURL('**/console/eu-west-1/globe');
  await page.goBack();
  await page.waitForURL('**/console/eu-west-1/tables');
  await page.goForward();
  await page.waitForURL('**/console/eu-west-1/globe');
  await page.goBack();

  await region('ap-southeast-2');
  await page.waitForURL('**/console/ap-southeast-2/tables');
  await page.goBack();
  await see(page.getByRole('button', { name: 'Region: eu-west-1' }));
});

inBrowser('an address that leads nowhere says so, and where to go', {}, async ({ page, open, see, goto }) => {
  await open('/us-east-1/nowhere');
  await see(page.getByText('There is no such page'), page.getByRole('link', { name: 'Go to the dashboard' }));
  await goto('/us-east-1/table/Nothing/overview');
  await page.getByRole('button', { name: 'Log in without keys' }).click();
  await see(page.getByText('us-east-1 has no table Nothing'), page.getByRole('link', { name: 'Go to the tables' }));
});

inBrowser('how it looks is chosen by hand, and kept', {}, async ({ page, open, see }) => {
  const ink = () => page.getByRole('heading', { level: 1 }).evaluate((heading) => getComputedStyle(heading).color);
  await open('/us-east-1/tables');
  await see(page.getByRole('heading', { level: 1 }));
  const light = await ink();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Dark' }).click();
  const dark = await ink();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByRole('button', { name: 'Log in without keys' }).click();
  await see(page.getByRole('heading', { level: 1 }));
  await until('dark to be remembered', async () => (await ink()) === dark);
});
