// A tab in a browser, and what a person does with it. What is looked for is named as a person would:
// roles and names, never classes or ids.
//
// SPDX-License-Identifier: Apache-2.0
import { chromium } from 'playwright-core';

import { KEYS, PATIENCE_MS } from './server.mjs';
import { Watch } from './watch.mjs';

let browser;

/** One for all tabs of the process. */
async function theBrowser() {
  browser ??= await chromium.launch({
    executablePath: '/usr/bin/chromium',
    // As root there is no sandbox to be had; containers and chroots often lack /dev/shm.
    args: [...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage', '--disable-gpu'],
  });
  return browser;
}
export const closeBrowser = () => browser?.close();

/** server: a Server. secret: what must not leave the tab. */
export async function openTab(server, { width = 1440, height = 900, colorScheme = 'light', secret } = {}) {
  const context = await (await theBrowser()).newContext({
    viewport: { width, height },
    colorScheme,
    locale: 'en-GB',
    timezoneId: 'Europe/Madrid',
    acceptDownloads: true,
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(PATIENCE_MS / 2);
  const page = await context.newPage();
  const watch = new Watch(page, server, secret);
  await watch.ready;

  const tab = {
    context,
    page,
    watch,
    see: async (...locators) => {
      for (const locator of locators) await locator.first().waitFor({ state: 'visible' });
    },
    /** A row of a table on the page, by a text in it. */
    row: (table, text) =>
      page.getByRole('table', { name: table }).or(page.getByRole('grid', { name: table })).getByRole('row').filter({ hasText: text }),
    /** A link of the menu on the left. */
    menu: (name) => page.getByRole('navigation', { name: 'Side navigation' }).getByRole('link', { name, exact: true }),
    gone: (locator) => locator.waitFor({ state: 'hidden' }),
    goto: (path) => page.goto(`${server.url}/console${path}`),
    /** Asks for a page and logs in: one click in dev, keys otherwise. */
    open: async (path = '/') => {
      await tab.goto(path);
      if (server.mode === 'dev') await page.getByRole('button', { name: 'Log in without keys' }).click();
      else await tab.logIn(KEYS);
      await tab.see(page.getByRole('button', { name: /^Region: / }));
    },
    logIn: async ({ accessKeyId, secretAccessKey }) => {
      await page.getByLabel('Access key ID').fill(accessKeyId);
      await page.getByLabel('Secret access key').fill(secretAccessKey);
      await page.getByRole('button', { name: 'Log in', exact: true }).click();
    },
    /** The page's path, below /console. */
    path: () => new URL(page.url()).pathname.replace(/^\/console/, ''),
    /** Takes one of a drop-down list's options. */
    choose: async (label, option, within = page) => {
      await within.getByLabel(label, { exact: true }).and(page.getByRole('button')).click();
      await page.getByRole('option', { name: option }).first().click();
    },
    /** By the switcher in the top bar. */
    region: async (name) => {
      await page.getByRole('button', { name: /^Region: / }).click();
      await page.getByRole('menuitem', { name: new RegExp(`${name}$`) }).click();
      await tab.see(page.getByRole('button', { name: `Region: ${name}` }));
    },
  };
  return tab;
}
