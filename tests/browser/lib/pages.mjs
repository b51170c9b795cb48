// Every page as it looks: what axe says, nothing wider than the window, a picture of each. The pages
// are those of a deployment in use: three Regions, and a global table with items.
//
// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { assertAccessible } from './axe.mjs';
import { assert, inBrowser, PICTURES } from './harness.mjs';
import { musicEverywhere } from './data.mjs';

const HOME = 'us-east-1';
const TAB = (tab) => `/${HOME}/table/Music/${tab}`;

/** name: of the picture. path. ready: what is there when the page is. */
const PAGES = [
  { name: 'dashboard', path: `/${HOME}/dashboard` },
  { name: 'tables', path: `/${HOME}/tables` },
  { name: 'create-table', path: `/${HOME}/tables/create` },
  { name: 'overview', path: TAB('overview') },
  { name: 'indexes', path: TAB('indexes') },
  { name: 'monitor', path: TAB('monitor') },
  { name: 'global-tables', path: TAB('global-tables') },
  { name: 'exports-and-streams', path: TAB('exports-and-streams') },
  { name: 'additional-settings', path: TAB('additional-settings') },
  { name: 'create-replica', path: `/${HOME}/table/Music/create-replica` },
  { name: 'explore', path: `/${HOME}/explore/Music` },
  { name: 'create-item', path: `/${HOME}/explore/Music/item` },
  { name: 'partiql', path: `/${HOME}/partiql` },
  { name: 'globe', path: `/${HOME}/globe` },
  { name: 'drills', path: `/${HOME}/drills` },
];
const SIZES = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
  { width: 3840, height: 2160 },
];

/** Goes on without a reload, as a link would: the keys live in the tab's memory. */
const follow = (page, path) =>
  page.evaluate((to) => {
    history.pushState(null, '', `/console${to}`);
    dispatchEvent(new PopStateEvent('popstate', { state: null }));
  }, path);

async function shown({ page, see, gone }) {
  await see(page.getByRole('heading', { level: 1 }));
  await gone(page.getByText('Loading', { exact: false }).first());
}

export function everyPage(colorScheme) {
  inBrowser(`every page in ${colorScheme}: axe, and pictures at 390, 1440 and 3840 px`, { tab: { colorScheme } }, async (t) => {
    const { page, server, goto, see } = t;
    await musicEverywhere(server);
    await mkdir(PICTURES, { recursive: true });
    const visit = async (name) => {
      for (const size of SIZES) {
        await page.setViewportSize(size);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert(wider <= 0, `${name} is ${wider} px wider than a window of ${size.width} px`);
        await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}-${size.width}.png`), animations: 'disabled' });
      }
      await page.setViewportSize(SIZES[1]);
      await assertAccessible(page, `${name}, ${colorScheme}`);
    };
    await goto('/');
    await see(page.getByRole('button', { name: 'Log in without keys' }));
    await visit('login');
    await page.getByRole('button', { name: 'Log in without keys' }).click();
    await see(page.getByRole('button', { name: /^Region: / }));
    for (const { name, path } of PAGES) {
      await follow(page, path);
      await shown(t);
      await visit(name);
    }
  });
}
