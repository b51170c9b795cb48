// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { candidates, cannotReplicate } from './availability';
import { aStatus } from './testing/status';

const table: TableDescription = {
  TableName: 'Orders',
  TableStatus: 'ACTIVE',
  BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  Replicas: [{ RegionName: 'eu', ReplicaStatus: 'ACTIVE' }],
};
const hosted = ['us', 'eu', 'ap', 'sa'];
const links: [string, string][] = hosted.slice(1).map((peer) => ['us', peer]);
const reasons = (status = aStatus({ hosted, links })) =>
  Object.fromEntries(candidates('us', table, status).map(({ place, reason }) => [place.region, reason]));

describe('candidates', () => {
  it('offers Regions without the table, before those that cannot be chosen', () => {
    expect(candidates('us', table, aStatus({ hosted, links })).map(({ place }) => place.region)).toEqual(['ap', 'sa', 'us', 'eu']);
    expect(reasons()).toEqual({ us: 'This Region holds the table itself', eu: 'Has a replica already', ap: null, sa: null });
  });
  it('does not offer a Region that is stopped, or behind a link that is not up', () => {
    const status = aStatus({ hosted, links: [...links.filter(([, peer]) => peer !== 'sa'), ['us', 'me'], ['us', 'il']] });
    status.regions.find(({ name }) => name === 'ap')!.state = 'stopped';
    status.links.find(({ peer }) => peer === 'me')!.state = 'cut';
    status.links.find(({ peer }) => peer === 'il')!.up = false;
    expect(reasons(status)).toMatchObject({
      ap: 'The Region is stopped',
      sa: 'There is no link to us',
      me: 'The link to us is cut',
      il: 'The link to us is down',
    });
  });
  it('does not offer a Region that has another table of that name', () => {
    const taken = reasons(aStatus({ hosted, links, tables: [{ region: 'ap', name: 'Orders', global: false }, { region: 'sa', name: 'Other' }] }));
    expect(taken.ap).toMatch(/delete it there first/);
    expect(taken.sa).toBeNull();
  });
});

describe('cannotReplicate', () => {
  const status = () => aStatus({ hosted, links });
  it('lets an active on-demand table have more', () => {
    expect(cannotReplicate('us', table, status())).toBeNull();
  });
  it('names provisioned capacity', () => {
    expect(cannotReplicate('us', { ...table, BillingModeSummary: undefined }, status())).toMatch(/on-demand/);
  });
  it('waits for the change that is under way', () => {
    expect(cannotReplicate('us', { ...table, TableStatus: 'UPDATING' }, status())).toMatch(/updating/);
    expect(cannotReplicate('us', { ...table, Replicas: [{ RegionName: 'eu', ReplicaStatus: 'CREATING' }] }, status())).toMatch(/eu is creating/);
  });
  it('names a replica that cannot be reached', () => {
    const broken = status();
    broken.regions.find(({ name }) => name === 'eu')!.state = 'stopped';
    expect(cannotReplicate('us', table, broken)).toMatch(/eu cannot be reached: the region is stopped/);
  });
});
