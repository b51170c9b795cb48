// What a person waits for at the console; bench/run --only console calls it. Prints JSON.
//
//     measure.mjs start ROUNDS          milliseconds from the exec of `tropic dev` to the first contentful
//                                       paint of the login, each round with an empty cache
//     measure.mjs explore URL TABLE     pages of 50 items of a table that is there: milliseconds from a
//                                       click to the next page, and the longest stalls of the main thread
//
// SPDX-License-Identifier: Apache-2.0
import { Server } from './lib/server.mjs';
import { closeBrowser, openTab } from './lib/tab.mjs';

const PAGES = 100;
const PAINT = 'first-contentful-paint';

/** The epoch's milliseconds of the first paint, as the browser has it. */
const firstPaint = (page) =>
  page.evaluate(
    (name) =>
      new Promise((tell) => {
        const say = (entry) => tell(performance.timeOrigin + entry.startTime);
        const done = performance.getEntriesByName(name)[0];
        if (done) say(done);
        else new PerformanceObserver((list) => list.getEntriesByName(name).forEach(say)).observe({ type: 'paint' });
      }),
    PAINT,
  );

async function start(rounds) {
  const taken = [];
  for (let round = 0; round <= rounds; round++) {
    const server = await Server.prepare({ mode: 'dev' });
    const { page, context } = await openTab(server);
    const begin = Date.now();
    await server.launch();
    while (!(await page.goto(`${server.url}/console/`).catch(() => null))); // refused until it listens
    const paint = await firstPaint(page);
    // The first round warms up what is not ours: the browser's processes and fonts.
    if (round > 0) taken.push(paint - begin);
    await context.close();
    await server.stop();
  }
  return { first_paint_ms: taken };
}

async function explore(url, table) {
  const { page, see, goto, logIn } = await openTab({ url, mode: 'serve' });
  await page.addInitScript(() => {
    window.stalls = [];
    new PerformanceObserver((list) => window.stalls.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask' });
  });
  await goto(`/us-east-1/explore/${table}`);
  await logIn({ accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY });
  const rows = page.getByRole('table', { name: `Items of ${table}` }).getByRole('row');
  await see(rows.nth(50));
  await page.evaluate(() => (window.stalls.length = 0));
  const turned = [];
  for (let n = 1; n < PAGES; n++) {
    const before = await rows.nth(1).innerText();
    const begin = performance.now();
    await page.getByRole('button', { name: 'Next page' }).click();
    await rows.filter({ hasText: before }).first().waitFor({ state: 'detached' });
    await see(rows.nth(50));
    turned.push(performance.now() - begin);
    await page.mouse.wheel(0, 2000);
  }
  return { next_page_ms: turned, stalls_ms: await page.evaluate(() => window.stalls) };
}

const [what, ...rest] = process.argv.slice(2);
try {
  console.log(JSON.stringify(what === 'start' ? await start(Number(rest[0])) : await explore(...rest)));
} finally {
  await closeBrowser();
}
