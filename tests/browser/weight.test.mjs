// What the console weighs, and that map and charts are fetched only by the pages that show them.
//
// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { assert, inBrowser, until } from './lib/harness.mjs';
import { ROOT } from './lib/server.mjs';

const DIST = join(ROOT, 'build', 'console', 'dist');
const BUDGET_BYTES = 900_000;

test('JavaScript and CSS together are at most 900 KB gzipped', async () => {
  const files = (await readdir(DIST, { recursive: true })).filter((name) => /\.(js|css)$/.test(name));
  const sizes = await Promise.all(files.map(async (name) => gzipSync(await readFile(join(DIST, name)), { level: 9 }).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const list = files.map((name, i) => `${sizes[i]} ${name}`).sort((a, b) => parseInt(b) - parseInt(a));
  assert(files.length > 5 && total <= BUDGET_BYTES, `${total} bytes:\n${list.slice(0, 20).join('\n')}`);
});

inBrowser('map and charts are not fetched before a page that has them', {}, async ({ page, menu, open, see, watch }) => {
  // The map's outlines are data in a script, told by their own words; charts by Cloudscape's.
  const scripts = () => watch.requests.map(({ url }) => url).filter((url) => url.endsWith('.js'));
  const having = async (pattern, urls) => {
    const texts = await Promise.all(urls.map((url) => fetch(url).then((answer) => answer.text())));
    return urls.filter((_, i) => pattern.test(texts[i]));
  };
  const MAP = /"?type"?:\s*[`'"]Topology[`'"]/;
  await open('/us-east-1/tables');
  await see(page.getByRole('heading', { level: 1, name: /^Tables/ }));
  const before = scripts();
  assert.deepEqual(await having(MAP, before), []);
  await menu('Globe').click();
  await see(page.getByRole('heading', { level: 1, name: 'Globe' }));
  await until('the map to come with its page', async () => {
    const fetched = scripts().filter((url) => !before.includes(url));
    return (await having(MAP, fetched)).length > 0;
  });
});
