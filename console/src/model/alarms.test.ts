// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { testStatus } from './status.fixture';
import { alarmsOf, isGrowing } from './alarms';

const titles = (status: ReturnType<typeof testStatus>) => alarmsOf(status, undefined).map(({ title }) => title);

describe('what needs a look', () => {
  it('is nothing while all is well', () => {
    expect(titles(testStatus())).toEqual([]);
  });

  it('names a stopped Region once, not its links too', () => {
    const status = testStatus();
    status.regions[1]!.state = 'stopped';
    for (const link of status.links) if (link.region === 'b' || link.peer === 'b') link.up = false;
    expect(titles(status)).toEqual(['b is stopped']);
  });

  it('tells a cut link from one that is down', () => {
    const status = testStatus();
    for (const link of status.links) {
      if (link.region + link.peer === 'ab') link.up = false;
      if (link.region + link.peer === 'ac') link.state = 'cut';
    }
    status.shapes.push({ from: 'a', to: 'c', delay_us: 0, jitter_us: 0, loss_ppm: 0, cut: true, dropped: 0, queued_bytes: 0 });
    expect(titles(status)).toEqual(['The link between a and b is down', 'The link between a and c is cut']);
  });

  it('puts the worst first: a fence before a clock', () => {
    const status = testStatus();
    status.links[0]!.skew_ms = -900;
    status.regions[2]!.fenced = true;
    expect(alarmsOf(status, undefined).map(({ severity }) => severity)).toEqual(['error', 'warning']);
    expect(titles(status)[1]).toBe('The clocks of a and b are 900 ms apart');
  });

  it('knows a full disk from one that is nearly full, and memory has none', () => {
    const status = testStatus();
    status.regions[0]!.engine = { full: false, free_bytes: 5 * 1024 ** 2 };
    status.regions[1]!.engine = { full: true, free_bytes: 0 };
    status.regions[2]!.engine = { full: false, free_bytes: 0 };
    expect(titles(status)).toEqual(['The disk of b is full', 'The disk of a has 5 MB left']);
  });

  it('calls the Region of another server unreachable when no link to it is up', () => {
    const status = testStatus();
    status.regions.pop();
    status.places[2]!.hosted = false;
    status.links = status.links.filter(({ region }) => region !== 'c');
    expect(titles(status)).toEqual([]);
    for (const link of status.links) if (link.peer === 'c') link.up = false;
    expect(titles(status)).toEqual(['c cannot be reached']);
  });
});

describe('a queue that grows', () => {
  const up = Array.from({ length: 300 }, (_, i) => i * 10);
  it('ends higher than it ever was at the beginning', () => {
    expect(isGrowing(up)).toBe(true);
    expect(isGrowing(up.toReversed())).toBe(false);
    expect(isGrowing(up.map((value) => value % 500))).toBe(false);
  });
  it('is more than what is just under way, and more than a moment', () => {
    expect(isGrowing(up.map((value) => value / 100))).toBe(false);
    expect(isGrowing(up.slice(0, 20))).toBe(false);
    expect(isGrowing(up.map(() => null))).toBe(false);
  });
});
