// Every page as it looks: what axe says, nothing wider than the window, a picture of each. The pages
// are those of a deployment in use: three Regions, and a global table that is read and written.
//
// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { assertAccessible } from './axe.mjs';
import { inBrowser, PICTURES, until } from './harness.mjs';
import { musicEverywhere, traffic } from './data.mjs';

const HOME = 'us-east-1';
const TAB = (tab) => `/${HOME}/table/Music/${tab}`;

/** name: of the picture. ready: what is there when the page is; its heading anyway. */
const PAGES = [
  { name: 'dashboard', path: `/${HOME}/dashboard` },
  { name: 'tables', path: `/${HOME}/tables`, ready: (page) => page.getByRole('link', { name: 'Music' }) },
  { name: 'create-table', path: `/${HOME}/tables/create` },
  { name: 'overview', path: TAB('overview') },
  { name: 'indexes', path: TAB('indexes') },
  { name: 'monitor', path: TAB('monitor') },
  { name: 'global-tables', path: TAB('global-tables'), ready: (page) => page.getByRole('radio', { name: /^Choose the replica in eu-west-1/ }) },
  { name: 'exports-and-streams', path: TAB('exports-and-streams') },
  { name: 'additional-settings', path: TAB('additional-settings') },
  { name: 'create-replica', path: `/${HOME}/table/Music/create-replica`, ready: (page) => page.getByRole('button', { name: 'Create replica' }) },
  { name: 'explore', path: `/${HOME}/explore/Music`, ready: (page) => page.getByRole('link', { name: /^Edit Artist/ }) },
  { name: 'create-item', path: `/${HOME}/explore/Music/item`, ready: (page) => page.getByLabel('Value of Artist') },
  { name: 'partiql', path: `/${HOME}/partiql` },
  { name: 'globe', path: `/${HOME}/globe`, ready: (page) => page.getByRole('button', { name: /^eu-west-1 and us-east-1\. (Up to date|Behind|Far behind)/ }) },
  { name: 'drills', path: `/${HOME}/drills`, ready: (page) => page.getByRole('button', { name: 'Heal everything' }) },
];

/** Where `make console-pictures` wants those of the documentation, and which they are. */
const DOCS = process.env.TROPIC_PICTURES;
const IN_DOCS = ['global-tables-light', 'globe-dark', 'monitor-dark', 'drills-dark'];
const DOCS_SIZE = { width: 1280, height: 720 };
const SIZES = [
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
  { width: 3840, height: 2160 },
];

/** Goes on without a reload, as a link would: the keys live in the tab's memory. */
const follow = (page, path) =>
  page.evaluate((to) => {
    const state = { idx: (history.state?.idx ?? 0) + 1 }; // the router counts its entries
    history.pushState(state, '', `/console${to}`);
    dispatchEvent(new PopStateEvent('popstate', { state }));
  }, path);

export function everyPage(colorScheme) {
  inBrowser(`every page in ${colorScheme}: axe, and pictures at 390, 1440 and 3840 px`, { tab: { colorScheme } }, async (t) => {
    const { page, server, goto, see } = t;
    const sized = async (size) => {
      await page.setViewportSize(size);
      // Closed while the window was small; who has a large one has it open.
      const menu = page.getByRole('button', { name: 'Open side navigation' });
      if (size.width > 900 && (await menu.isVisible())) await menu.click();
    };
    const picture = (path) => page.screenshot({ path, animations: 'disabled' });
    const visit = async (name) => {
      for (const size of SIZES) {
        await sized(size);
        await until(`${name} to fit into ${size.width} px`, () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
        await picture(join(PICTURES, `${name}-${colorScheme}-${size.width}.png`));
      }
      if (DOCS && IN_DOCS.includes(`${name}-${colorScheme}`)) {
        await sized(DOCS_SIZE);
        await picture(join(DOCS, `${name}-${colorScheme}.png`));
      }
      await sized(SIZES[1]);
      await assertAccessible(page, `${name}, ${colorScheme}`);
    };

    await musicEverywhere(server);
    await mkdir(PICTURES, { recursive: true });
    await goto('/');
    await see(page.getByRole('button', { name: 'Log in without keys' }));
    await visit('login');
    await page.getByRole('button', { name: 'Log in without keys' }).click();
    await see(page.getByRole('button', { name: /^Region: / }));
    const quiet = traffic(server, 'Music');
    try {
      for (const { name, path, ready } of PAGES) {
        await follow(page, path);
        await see(page.getByRole('heading', { level: 1 }), ...(ready ? [ready(page)] : []));
        await visit(name);
      }
    } finally {
      await quiet();
    }
  });
}
