// A test of the console: its own server, its own tab, and a watch over both.
//
//     inBrowser('one click logs in', {}, async ({ page, server, open, see }) => { ... });
//
// A test that fails leaves a picture in build/screenshots/failed and prints the page as a screen reader has it.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { KEYS, ROOT, Server, until } from './server.mjs';
import { closeBrowser, openTab } from './tab.mjs';

export { assert, until };

export const PICTURES = join(ROOT, 'build', 'screenshots');
const ENOUGH_MS = 180_000;

after(closeBrowser);

async function leavePicture(name, { page }) {
  await mkdir(join(PICTURES, 'failed'), { recursive: true });
  const path = join(PICTURES, 'failed', `${name.replace(/[^\w]+/g, '-')}.png`);
  await page.screenshot({ path }).catch(() => {});
  const shown = await page.locator('body').ariaSnapshot({ timeout: 5_000 }).catch(String);
  console.log(`---- ${page.url()} (${path})\n${shown.slice(0, 8_000)}`);
}

/** server: options of Server.start. tab: of openTab. `body` gets the tab's functions, and `server`. */
export function inBrowser(name, { server: serverOptions, tab: tabOptions } = {}, body) {
  test(name, { timeout: ENOUGH_MS }, async () => {
    const server = await Server.start(serverOptions);
    let tab;
    try {
      tab = await openTab(server, { secret: server.mode === 'serve' ? KEYS.secretAccessKey : undefined, ...tabOptions });
      await body({ ...tab, server });
      await tab.watch.check();
    } catch (error) {
      if (tab) {
        await leavePicture(name, tab);
        for (const problem of tab.watch.problems) console.log(`---- ${problem}`);
      }
      throw error;
    } finally {
      await tab?.context.close();
      await server.stop();
    }
  });
}
