// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { pairRows, replicaRows } from './replicas';
import { aStatus } from './testing/status';

const table: TableDescription = {
  TableName: 'Orders',
  TableStatus: 'ACTIVE',
  ItemCount: 7,
  Replicas: [
    { RegionName: 'eu', ReplicaStatus: 'CREATING', ReplicaStatusPercentProgress: '40' },
    { RegionName: 'ap', ReplicaStatus: 'ACTIVE', ReplicaTableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' } },
  ],
};
const status = aStatus({
  hosted: ['us', 'eu'],
  links: [['us', 'eu'], ['us', 'ap']],
  tables: [{ region: 'us', items: 10 }, { region: 'eu', items: 8 }, { region: 'eu', name: 'Other', items: 99 }],
  feeds: [
    { region: 'us', peer: 'eu', lag_ms_p50: 5, lag_ms_p99: 9, pending_changes: 2, applied: 3, conflicts: 1 },
    { region: 'us', peer: 'ap', lag_ms_p50: 50, lag_ms_p99: 90, pending_changes: 4, conflicts: 1 },
    { region: 'eu', peer: 'us', lag_ms_p50: 6, pending_changes: 1 },
    { region: 'us', peer: 'eu', table: 'Other', pending_changes: 1000 },
  ],
});

describe('replicaRows', () => {
  const [us, eu, ap] = replicaRows('us', table, status);
  it('begins with the Region that is asked', () => {
    expect(us).toMatchObject({ region: 'us', here: true, status: 'ACTIVE', items: 10, itemsMore: 0, link: 'up' });
  });
  it('takes the slowest of what arrives, and the sum of what waits', () => {
    expect(us).toMatchObject({ lagP50: 50, lagP99: 90, pending: 1, conflicts: 2 });
    expect(eu).toMatchObject({ lagP50: 6, lagP99: null, pending: 2, percent: '40', items: 8, itemsMore: -2 });
  });
  it('leaves open what only another server knows', () => {
    expect(ap).toMatchObject({ items: null, itemsMore: null, lagP50: null, pending: 4, conflicts: null });
  });
  it('names the class of each replica', () => {
    expect(ap?.tableClass).toBe('STANDARD_INFREQUENT_ACCESS');
    expect(eu?.tableClass).toBe('STANDARD');
  });
});

describe('pairRows', () => {
  it('puts what both ends know of a direction together', () => {
    const rows = pairRows('us', table, status);
    expect(rows.map(({ from, to }) => `${from} ${to}`)).toEqual(['us eu', 'us ap', 'eu us', 'ap us']);
    expect(rows[0]).toMatchObject({ lagP50: 6, pending: 2 });
    expect(rows[1]).toMatchObject({ lagP50: null, pending: 4, applied: null });
    expect(rows[2]).toMatchObject({ lagP50: 5, lagP99: 9, pending: 1, applied: 3, conflicts: 1 });
    expect(rows[3]).toMatchObject({ lagP50: 50, pending: null });
  });
});
