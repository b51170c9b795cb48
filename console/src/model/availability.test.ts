// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { candidates, cannotReplicate } from './availability';
import { testStatus } from './status.fixture';

const table: TableDescription = {
  TableName: 'T',
  TableStatus: 'ACTIVE',
  BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  Replicas: [{ RegionName: 'b', ReplicaStatus: 'ACTIVE' }],
};

const reasons = (status = testStatus()) => Object.fromEntries(candidates('a', table, status).map(({ place, reason }) => [place.region, reason]));

/** Both ends of the link of `a` with another. */
const linksTo = (status: ReturnType<typeof testStatus>, peer: string) =>
  status.links.filter((link) => [link.region, link.peer].sort().join() === ['a', peer].sort().join());

describe('candidates', () => {
  it('offers Regions without the table, before those that cannot be chosen', () => {
    expect(candidates('a', table, testStatus()).map(({ place }) => place.region)).toEqual(['c', 'a', 'b']);
    expect(reasons()).toEqual({ a: 'This Region holds the table itself', b: 'Has a replica already', c: null });
  });
  it('does not offer a Region that is stopped', () => {
    const status = testStatus();
    status.regions.find(({ name }) => name === 'c')!.state = 'stopped';
    expect(reasons(status).c).toBe('The Region is stopped');
  });
  it('does not offer a Region that is not reached', () => {
    const status = testStatus();
    linksTo(status, 'c')[0]!.up = false;
    expect(reasons(status).c).toBe('The link to a is down');
    status.shapes.push({ from: 'c', to: 'a', delay_us: 0, jitter_us: 0, loss_ppm: 0, cut: true, dropped: 0, queued_bytes: 0 });
    expect(reasons(status).c).toBe('The link to a is cut');
    status.places.push({ region: 'x', hosted: false, latitude: null, longitude: null, place: null });
    expect(reasons(status).x).toBe('There is no link to a');
  });
  it('does not offer a Region that has another table of that name', () => {
    const status = testStatus();
    const other = { region: 'c', status: 'ACTIVE', global: false, items: 0, bytes: 0, tombstones: 0, changes: 0, conflicts: 0 };
    status.tables = [{ ...other, name: 'U' }];
    expect(reasons(status).c).toBeNull();
    status.tables = [{ ...other, name: 'T' }];
    expect(reasons(status).c).toMatch(/delete it there first/);
  });
});

describe('cannotReplicate', () => {
  it('lets an active on-demand table have more', () => {
    expect(cannotReplicate('a', table, testStatus())).toBeNull();
    expect(cannotReplicate('a', table, undefined)).toBeNull();
  });
  it('names provisioned capacity', () => {
    expect(cannotReplicate('a', { ...table, BillingModeSummary: undefined }, testStatus())).toMatch(/on-demand/);
  });
  it('waits for the change that is under way', () => {
    expect(cannotReplicate('a', { ...table, TableStatus: 'UPDATING' }, testStatus())).toMatch(/updating/);
    const creating = { ...table, Replicas: [{ RegionName: 'b', ReplicaStatus: 'CREATING' as const }] };
    expect(cannotReplicate('a', creating, testStatus())).toMatch(/b is creating/);
  });
  it('names a replica that cannot be reached', () => {
    const status = testStatus();
    status.regions.find(({ name }) => name === 'b')!.state = 'stopped';
    expect(cannotReplicate('a', table, status)).toMatch(/b cannot be reached: the region is stopped/);
  });
  it('names the Region itself when it is not open', () => {
    const status = testStatus();
    status.regions.find(({ name }) => name === 'a')!.state = 'stopped';
    expect(cannotReplicate('a', { ...table, Replicas: [] }, status)).toMatch(/a is stopped/);
  });
});
