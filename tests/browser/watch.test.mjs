// The watch itself: that no page errs means something only if it sees a page that does.
//
// SPDX-License-Identifier: Apache-2.0
import { assert, inBrowser, until } from './lib/harness.mjs';

inBrowser('the watch sees a console error, a throw, another host, and what the Content-Security-Policy forbids', {}, async (t) => {
  const { page, goto, see, watch } = t;
  await goto('/');
  await see(page.getByRole('button', { name: 'Log in without keys' }));
  assert.deepEqual(watch.problems, []);
  const wrongs = [
    [/console error: on purpose/, () => console.error('on purpose')],
    [/uncaught: .*thrown on purpose/s, () => setTimeout(() => { throw new Error('thrown on purpose'); })],
    [/Content-Security-Policy: style-src/, () => document.body.insertAdjacentHTML('beforeend', '<p style="color: red">red</p>')],
    [/Content-Security-Policy: script-src/, () => { document.body.appendChild(document.createElement('script')).textContent = '1'; }],
    [/Content-Security-Policy: connect-src/, () => void fetch('http://127.0.0.2:9/').catch(() => {})],
    [/404: .*nothing\.js/, () => { document.body.appendChild(document.createElement('script')).src = '/console/assets/nothing.js'; }],
  ];
  for (const [pattern, doWrong] of wrongs) {
    await page.evaluate(doWrong);
    await until(`the watch to see ${pattern}`, () => watch.problems.some((problem) => pattern.test(problem)), 10_000);
    watch.problems.length = 0;
  }
  watch.check = () => {}; // what comes late of these wrongs is wanted, too
});
