// What no page may ever do, watched in every test: log an error or a warning, throw, break the
// Content-Security-Policy, ask another host, get a 5xx, miss one of its own files, or let the secret
// key out of the tab.
//
// Chromium itself reports every answer of 400 and above, and every request without an answer, as an
// error on the console. Refusals of the API are part of its use (DescribeTable of a table that is not
// there), so those reports are judged by the request instead. A test that takes the server away says
// so: `await watch.away(() => ...)`.
//
// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';

const CHROMIUM_REPORT = /^Failed to load resource: /;

export class Watch {
  problems = [];
  /** Every request: {method, url, headers, body}. */
  requests = [];
  #away = false;
  #checks = [];

  constructor(page, server, secret) {
    this.server = server;
    this.secret = secret;
    this.ready = this.#attach(page);
  }

  async #attach(page) {
    const problem = (what) => this.problems.push(what);
    await page.exposeFunction('reportViolation', (text) => problem(`Content-Security-Policy: ${text}`));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) =>
        window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`),
      );
    });
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      if (!CHROMIUM_REPORT.test(message.text())) problem(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => problem(`uncaught: ${error.stack ?? error}`));
    page.on('crash', () => problem('the page crashed'));
    page.on('request', (request) => {
      const url = request.url();
      const seen = { method: request.method(), url, headers: request.headers(), body: request.postData() ?? '' };
      this.requests.push(seen);
      if (!/^(data|blob):/.test(url) && new URL(url).origin !== this.server.url) problem(`a request to another host: ${url}`);
      if (this.secret && JSON.stringify(seen).includes(this.secret)) problem(`the secret key left the tab: ${seen.method} ${url}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // Aborted: the page had no more use for the answer.
      if (!this.#away && why !== 'net::ERR_ABORTED') problem(`no answer: ${request.method()} ${request.url()} ${why}`);
    });
    page.on('response', (response) => {
      const request = response.request();
      const api = request.method() === 'POST' || request.url().includes('/_tropic/');
      if (response.status() >= 500 && !this.#away) {
        this.#checks.push(
          response.text().catch(() => '').then((body) => problem(`${response.status()}: ${request.method()} ${request.url()} ${request.postData() ?? ''} -> ${body}`)),
        );
      } else if (response.status() >= 400 && !api) problem(`${response.status()}: ${request.url()}`);
    });
  }

  /** While `body` runs, and until the page has had its next answer, the server may be missing. */
  async away(body) {
    this.#away = true;
    try {
      return await body();
    } finally {
      this.#away = false;
    }
  }

  async check() {
    await Promise.all(this.#checks);
    assert.deepEqual(this.problems, [], 'the page did what no page may do');
  }
}
