// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { replicaDirections, replicaRows } from './replicas';
import { testFeed, testStatus } from './status.fixture';

const table: TableDescription = {
  TableName: 'T',
  TableStatus: 'ACTIVE',
  ItemCount: 7,
  Replicas: [
    { RegionName: 'b', ReplicaStatus: 'CREATING', ReplicaStatusPercentProgress: '40' },
    { RegionName: 'x', ReplicaStatus: 'ACTIVE', ReplicaTableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' } },
  ],
};

/** Regions a and b are here, x is another server's, and c has no replica. */
function status() {
  const all = testStatus();
  const counts = { status: 'ACTIVE', global: true, bytes: 0, tombstones: 0, changes: 0, conflicts: 0 };
  all.links.push({ ...all.links[0]!, region: 'a', peer: 'x' });
  all.tables = [
    { ...counts, region: 'a', name: 'T', items: 10 },
    { ...counts, region: 'b', name: 'T', items: 8 },
    { ...counts, region: 'b', name: 'Other', items: 99 },
  ];
  all.feeds = [
    testFeed('a', 'b', { lag_ms_p50: 5, lag_ms_p99: 9, pending_changes: 2, conflicts: 1 }),
    testFeed('a', 'x', { lag_ms_p50: 50, lag_ms_p99: 90, pending_changes: 4, conflicts: 1 }),
    testFeed('b', 'a', { lag_ms_p50: 6, lag_ms_p99: -1, pending_changes: 1 }),
    testFeed('a', 'b', { table: 'Other', pending_changes: 1000 }),
  ];
  return all;
}

describe('replicaRows', () => {
  const [a, b, x] = replicaRows('a', table, status());
  it('begins with the Region that is asked', () => {
    expect(a).toMatchObject({ region: 'a', here: true, status: 'ACTIVE', items: 10, itemsMore: 0, link: null });
  });
  it('takes the slowest of what arrives, and the sum of what waits', () => {
    expect(a).toMatchObject({ lagP50: 50, lagP99: 90, pending: 1, conflicts: 2 });
    expect(b).toMatchObject({ lagP50: 6, lagP99: null, pending: 2, percent: '40', items: 8, itemsMore: -2 });
  });
  it('leaves open what only another server knows', () => {
    expect(x).toMatchObject({ items: null, itemsMore: null, lagP50: null, pending: 4, conflicts: null });
    expect(replicaRows('a', table, undefined)[1]).toMatchObject({ items: null, link: null });
  });
  it('names the class of each replica', () => {
    expect(x?.tableClass).toBe('STANDARD_INFREQUENT_ACCESS');
    expect(b?.tableClass).toBe('STANDARD');
  });
  it('says how the link to each is', () => {
    const broken = status();
    broken.links.find(({ peer }) => peer === 'x')!.up = false;
    expect(replicaRows('a', table, broken).map(({ link }) => link)).toEqual([null, 'quick', 'down']);
  });
});

it('has the directions between replicas, and no others', () => {
  const pairs = replicaDirections('a', table, status()).map(({ from, to }) => `${from} ${to}`);
  expect(pairs).toEqual(['a b', 'b a', 'a x', 'x a']);
});
