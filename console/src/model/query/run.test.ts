// Runs: pages are asked for once, in order, and a filter that lets little through goes on by itself.
//
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import type { Item } from '../item/attribute';
import { pageOf, Run, Runs, type Ask } from './run';

const item = (n: number): Item => ({ id: { N: String(n) } });
const ids = (items: Item[]) => items.map(({ id }) => Number(id?.N));

/** A table of `count` items, of which a filter lets every `every`th through. */
function tableOf(count: number, every = 1) {
  const asked: (number | undefined)[] = [];
  const ask: Ask = (after, limit = 400, signal) => {
    const from = after ? Number(after.id?.N) + 1 : 0;
    const to = Math.min(count, from + limit);
    asked.push(limit);
    signal.throwIfAborted();
    return Promise.resolve({
      items: Array.from({ length: to - from }, (_, n) => from + n).filter((n) => n % every === 0).map(item),
      scanned: to - from,
      capacity: 0.5,
      next: from + limit <= count ? item(to - 1) : undefined,
    });
  };
  return { ask, asked };
}

describe('a run', () => {
  it('asks for each page once', async () => {
    const { ask, asked } = tableOf(25);
    const run = new Run(ask, false, 10);
    for (const page of [1, 2, 1, 2, 3, 1]) await run.show(page);
    expect(asked).toEqual([10, 10, 10]);
    expect(ids(pageOf(run.snapshot()))).toEqual(ids(Array.from({ length: 10 }, (_, n) => item(n))));
    expect(run.snapshot()).toMatchObject({ more: false, scanned: 25, capacity: 1.5, busy: false });
  });
  it('stays on the last page when nothing came after a full one', async () => {
    const run = new Run(tableOf(20).ask, false, 10);
    await run.show(3);
    expect(run.snapshot()).toMatchObject({ page: 2, more: false });
    expect(pageOf(run.snapshot())).toHaveLength(10);
  });
  it('goes on through a filter until the page is full', async () => {
    const { ask, asked } = tableOf(100_000, 500);
    const run = new Run(ask, true, 10);
    await run.show(1);
    expect(pageOf(run.snapshot())).toHaveLength(10);
    expect(asked).toHaveLength(5);
    expect(run.snapshot()).toMatchObject({ scanned: 5000, more: true });
  });
  it('can be stopped, and goes on where it was', async () => {
    const { ask } = tableOf(10_000, 100_000);
    let requests = 0;
    const run: Run = new Run(
      (after, limit, signal) => {
        if (++requests === 3) run.stop();
        return ask(after, limit, signal);
      },
      true,
      10,
    );
    await run.show(1);
    expect(run.snapshot()).toMatchObject({ stopped: true, busy: false, scanned: 2000 });
    await run.show(1);
    expect(run.snapshot()).toMatchObject({ stopped: false, more: false, scanned: 10_000 });
    expect(ids(run.snapshot().items)).toEqual([0]);
  });
  it('keeps what it has when a request fails, and can try again', async () => {
    const { ask } = tableOf(25);
    let fail = false;
    const run = new Run((after, limit, signal) => (fail ? Promise.reject(new Error('away')) : ask(after, limit, signal)), false, 10);
    await run.show(1);
    fail = true;
    await run.show(2);
    expect(run.snapshot()).toMatchObject({ error: new Error('away'), busy: false });
    expect(run.snapshot().items).toHaveLength(10);
    fail = false;
    await run.show(2);
    expect(ids(pageOf(run.snapshot()))[0]).toBe(10);
    expect(run.snapshot().error).toBeNull();
  });
  it('shows other page sizes from what it has', async () => {
    const { ask, asked } = tableOf(100);
    const run = new Run(ask, false, 50);
    await run.show(1);
    await run.show(3, 10);
    expect(ids(pageOf(run.snapshot()))).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    expect(asked).toEqual([50]);
  });
  it('begins anew when what it found is out of date', async () => {
    const { ask, asked } = tableOf(25);
    const run = new Run(ask, false, 10);
    await run.show(2);
    run.select([item(1)]);
    await run.restart();
    expect(run.snapshot()).toMatchObject({ page: 1, selected: [], scanned: 10 });
    expect(asked).toEqual([20, 10]);
  });
  it('knows every name that it met, and selects what is still there', async () => {
    const run = new Run(tableOf(3).ask, false, 10);
    await run.show(1);
    const { items, attributes } = run.snapshot();
    run.select(items.slice(0, 2));
    run.replace(({ id }) => id?.N === '0', null);
    expect(ids(run.snapshot().selected)).toEqual([1]);
    expect(run.snapshot().attributes).toBe(attributes);
    run.replace(({ id }) => id?.N === '1', { ...item(1), more: { S: '' } });
    expect(run.snapshot().attributes).toEqual(['id', 'more']);
  });
  it('takes over changes of single items', async () => {
    const run = new Run(tableOf(3).ask, false, 10);
    await run.show(1);
    run.replace(({ id }) => id?.N === '1', item(9));
    run.replace(({ id }) => id?.N === '0', null);
    expect(ids(run.snapshot().items)).toEqual([9, 2]);
  });
  it('gives everything without keeping it', async () => {
    const run = new Run(tableOf(1000).ask, false, 10);
    await run.show(1);
    const all: number[] = [];
    for await (const { items } of run.everything(new AbortController().signal)) all.push(...ids(items));
    expect(all).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    expect(run.snapshot().items).toHaveLength(10);
  });
});

describe('runs', () => {
  it('are found again, the latest of them', () => {
    const runs = new Runs(2);
    const make = () => new Run(tableOf(1).ask, false, 10);
    const first = runs.of('a/T', '', make);
    expect(runs.of('a/T', '', make)).toBe(first);
    runs.of('b/T', '', make);
    runs.of('a/T', '', make);
    runs.of('c/T', '', make);
    expect(runs.of('a/T', '', make)).toBe(first);
    const met: Run[] = [];
    runs.each('a/T', (run) => met.push(run));
    expect(met).toEqual([first]);
    runs.drop('a/T', '');
    expect(runs.of('a/T', '', make)).not.toBe(first);
  });
});
