// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { linksOf, meanOfLast, replicaRegions, worst } from './links';
import { testFeed, testStatus } from './status.fixture';

const stateOf = (status: ReturnType<typeof testStatus>, key: string) => linksOf(status, undefined).find((link) => link.key === key)?.state;

describe('links', () => {
  it('are one for a pair, whoever reports', () => {
    expect(linksOf(testStatus(), undefined).map(({ key }) => key)).toEqual(['a b', 'a c', 'b c']);
  });

  it('are as bad as their worse direction', () => {
    const status = testStatus();
    status.feeds.push(testFeed('a', 'b', { lag_ms_p99: 10 }), testFeed('b', 'a', { lag_ms_p99: 300 }));
    expect(stateOf(status, 'a b')).toBe('behind');
    status.links.find(({ region, peer }) => region === 'b' && peer === 'a')!.up = false;
    expect(stateOf(status, 'a b')).toBe('down');
    expect(stateOf(status, 'b c')).toBe('idle');
    expect(worst(['idle', 'quick'])).toBe('quick');
  });

  it('take lag from where changes arrive, and what is pending from where they leave', () => {
    const status = testStatus();
    status.feeds.push(testFeed('a', 'b', { lag_ms_p99: 10, pending_changes: 7 }), testFeed('b', 'a', { lag_ms_p99: 300, pending_changes: 1 }));
    const [aToB, bToA] = linksOf(status, undefined)[0]!.directions;
    expect(aToB).toMatchObject({ from: 'a', to: 'b', lagP99: 300, pendingChanges: 7 });
    expect(bToA).toMatchObject({ from: 'b', to: 'a', lagP99: 10, pendingChanges: 1 });
  });

  it('do not take -1 for a lag', () => {
    const status = testStatus();
    status.feeds.push(testFeed('a', 'b', { lag_ms_p99: -1, lag_ms_p50: -1 }));
    expect(linksOf(status, undefined)[0]!.directions[1]).toMatchObject({ lagP50: null, lagP99: null, state: 'idle' });
  });

  it('are of one table when asked', () => {
    const status = testStatus();
    status.feeds.push(testFeed('a', 'b', { table: 'T', lag_ms_p99: 10 }), testFeed('a', 'b', { table: 'U', lag_ms_p99: 5000 }));
    expect(linksOf(status, undefined, 'T')[0]!.state).toBe('quick');
    expect(linksOf(status, undefined)[0]!.state).toBe('far');
    expect([...replicaRegions(status, 'T')].sort()).toEqual(['a', 'b']);
  });
});

it('means are of what is known', () => {
  expect(meanOfLast([9, 1, null, 3], 3)).toBe(2);
  expect(meanOfLast([null], 3)).toBeNull();
});
