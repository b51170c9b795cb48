// axe-core over the page that is shown: the rules of WCAG 2.2 A and AA, and best practices. It is run
// through the browser's debugger, since the page's Content-Security-Policy lets nothing else in.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Fails on what axe calls serious or critical, and says where. */
export async function assertAccessible(page, what) {
  await page.evaluate(`${source}; undefined`);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const grave = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, help, nodes }) => ({ id, impact, help, where: nodes.map(({ html, failureSummary }) => `${html.slice(0, 300)} ${failureSummary}`) }));
  assert.deepEqual(grave, [], `axe on ${what}`);
}
