// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { changeOf, cureOf, globalTables, isCured, replicaCounts, troubleOf, typedTrouble } from './drills';
import { testFeed, testStatus } from './status.fixture';

const shape = { from: 'a', to: 'b', delay_us: 80_000, jitter_us: 0, loss_ppm: 50_000, cut: false, dropped: 0, queued_bytes: 0 };
const table = (region: string, items: number, more = {}) => ({
  region, name: 'T', status: 'ACTIVE', global: true, items, bytes: 0, tombstones: 0, changes: 0, conflicts: 0, ...more,
});

it('shows trouble in milliseconds and percent, and asks for it in the same', () => {
  const status = { ...testStatus(), shapes: [shape] };
  expect(troubleOf(status, 'a', 'b')).toEqual({ delay: 80, jitter: 0, loss: 5, cut: false });
  expect(troubleOf(status, 'b', 'a')).toEqual({ delay: 0, jitter: 0, loss: 0, cut: false });
  expect(changeOf('a', 'b', false, { delay: 80, loss: 5 })).toEqual({ from: 'a', to: 'b', one_way: false, delay: '80ms', loss: '5%' });
  expect(changeOf('a', 'b', true, { cut: false })).toEqual({ from: 'a', to: 'b', one_way: true, cut: false });
});

it('takes what the server takes', () => {
  expect([typedTrouble('delay', '60000'), typedTrouble('loss', '0.5')]).toEqual([60_000, 0.5]);
  for (const wrong of ['', ' ', '-1', '60001', '1.5', 'fast']) expect(typedTrouble('delay', wrong)).toBeUndefined();
  expect(typedTrouble('loss', '101')).toBeUndefined();
});

describe('the cure', () => {
  it('is nothing when all is well', () => {
    expect(isCured(cureOf({ ...testStatus(), shapes: [{ ...shape, delay_us: 0, loss_ppm: 0 }] }))).toBe(true);
  });
  it('heals links, starts Regions and sets clocks right', () => {
    const status = { ...testStatus(), shapes: [shape, { ...shape, from: 'b', to: 'a', delay_us: 0, loss_ppm: 0 }] };
    status.regions[1]!.state = 'stopped';
    status.regions[2]!.clock_offset_ms = 5;
    expect(cureOf(status)).toEqual({
      links: [{ from: 'a', to: 'b', one_way: true, delay: '0ms', jitter: '0ms', loss: '0%', cut: false }],
      start: ['b'],
      clocks: ['c'],
    });
  });
});

describe('replicas of a table', () => {
  const status = {
    ...testStatus(),
    tables: [table('a', 10), table('b', 7, { conflicts: 2 }), table('a', 1, { name: 'Local', global: false })],
    feeds: [testFeed('a', 'b', { pending_changes: 3 }), testFeed('b', 'a', { lag_ms_p99: 40 }), testFeed('a', 'c', { pending_changes: 9 })],
  };
  it('are compared with the one that has most', () => {
    const [a, b, c] = replicaCounts(status, 'T');
    expect(a).toMatchObject({ region: 'a', items: 10, fewer: 0, leaving: 12, arriving: 0 });
    expect(b).toMatchObject({ region: 'b', items: 7, fewer: 3, arriving: 3, conflicts: 2, lagP99: 40 });
    expect(c).toMatchObject({ region: 'c', items: null, fewer: null, arriving: 9, lagP99: null });
  });
  it('are of global tables only', () => {
    expect(globalTables(status)).toEqual(['T']);
    expect(globalTables(undefined)).toEqual([]);
  });
});
