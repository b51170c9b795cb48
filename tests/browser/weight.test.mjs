// What the console weighs.
//
// SPDX-License-Identifier: Apache-2.0
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { assert } from './lib/harness.mjs';
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
