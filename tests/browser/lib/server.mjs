// A deployment of the real binary for one test: `tropic dev` with three Regions, or one Region of
// `tropic serve` with keys of its own. It serves the console that is embedded in it. The binary is
// $TROPIC_BIN, build/tropic by default; only loopback ports and a temporary folder are touched.
//
//     const server = await Server.start({ mode: 'dev', data: true });
//     await server.dynamodb('eu-west-1').send(new ListTablesCommand({}));
//     await server.tropic('link', 'us-east-1', 'eu-west-1', '--cut');
//     await server.kill(); await server.again(); await server.stop();
//
// SPDX-License-Identifier: Apache-2.0
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const TROPIC = resolve(ROOT, process.env.TROPIC_BIN ?? 'build/tropic');
export const REGIONS = ['us-east-1', 'eu-west-1', 'ap-southeast-2'];
export const KEYS = { accessKeyId: 'AKIDTESTTESTTESTTEST', secretAccessKey: 'testsecrettestsecrettestsecrettestsecret' };

/** Patience with a loaded machine, not an expectation. */
export const PATIENCE_MS = 60_000;

/** Polls until `condition()` gives something; gives it back. `what` is said when it never does. */
export async function until(what, condition, patience = PATIENCE_MS) {
  const end = performance.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`waited ${patience / 1000} s for ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

export class Server {
  #process = null;
  #clients = new Map();

  /** data: keep it on disk, so that a killed server can come back with it. extra: more flags. */
  static async start(options) {
    const server = await Server.prepare(options);
    await server.again();
    return server;
  }

  /** All but running. */
  static async prepare({ mode = 'dev', regions = REGIONS, data = false, extra = [] } = {}) {
    const server = new Server();
    server.mode = mode;
    server.regions = mode === 'dev' ? regions : regions.slice(0, 1);
    server.folder = await mkdtemp(join(tmpdir(), 'tropic-browser-'));
    server.keyFile = join(server.folder, 'keys');
    server.log = join(server.folder, 'log');
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    await writeFile(
      server.keyFile,
      `[default]\naws_access_key_id = ${KEYS.accessKeyId}\naws_secret_access_key = ${KEYS.secretAccessKey}\n`,
      { mode: 0o600 },
    );
    const where = data || mode === 'serve' ? ['--data', join(server.folder, 'data')] : ['--in-memory'];
    const who =
      mode === 'dev'
        ? ['--regions', regions.join(',')]
        : ['--region', server.regions[0], '--listen', '127.0.0.1', '--credentials', server.keyFile];
    server.command = [mode, ...who, '--port', String(server.port), ...where, ...extra];
    return server;
  }

  /** Runs it; whether it answers yet is another matter. */
  async launch() {
    const log = await open(this.log, 'a');
    this.#process = spawn(TROPIC, this.command, { stdio: ['ignore', log.fd, log.fd] });
    await log.close();
    return this.#process;
  }

  /** Starts it, or starts it again: the same ports, the same data. */
  async again() {
    const started = await this.launch();
    await until('the server to answer', async () => {
      if (started.exitCode !== null) throw new Error(`tropic exited with ${started.exitCode}:\n${await this.logged()}`);
      return fetch(this.url).then(({ ok }) => ok, () => false);
    });
  }

  async #end(signal) {
    const running = this.#process;
    if (!running || running.exitCode !== null || running.signalCode !== null) return running?.exitCode;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
    return running.exitCode;
  }

  /** As a power cut would. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Ends it for good; a server that does not end cleanly fails the test. */
  async stop() {
    const status = await this.#end('SIGTERM');
    const logged = await this.logged();
    for (const client of this.#clients.values()) client.destroy();
    await rm(this.folder, { recursive: true, force: true });
    if (status !== 0 && status !== null) throw new Error(`tropic exited with ${status}:\n${logged}`);
  }

  logged() {
    return readFile(this.log, 'utf8');
  }

  /** The SDK's client, to prepare and to check: the browser's work is done by the browser. */
  dynamodb(region = this.regions[0]) {
    if (!this.#clients.has(region))
      this.#clients.set(region, new DynamoDBClient({ endpoint: this.url, region, credentials: KEYS, maxAttempts: 3 }));
    return this.#clients.get(region);
  }

  /** A command of ours against this server; what it printed. */
  async tropic(...words) {
    const { stdout } = await promisify(execFile)(TROPIC, [...words, '--endpoint', this.url, '--credentials', this.keyFile]);
    return stdout;
  }
}
