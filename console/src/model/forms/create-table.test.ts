// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { createTableInput, createTableProblems, newCreateTable, timeToLiveOf, type CreateTableForm, type TableSettings } from './create-table';
import { newIndex, type IndexForm } from './indexes';

function form(settings?: Partial<TableSettings>, rest: Partial<CreateTableForm> = {}): CreateTableForm {
  const start = newCreateTable();
  return {
    ...start,
    name: 'Orders',
    partition: { name: 'CustomerId', type: 'S' },
    ...(settings ? { customized: true, settings: { ...start.settings, ...settings } } : {}),
    ...rest,
  };
}

const index = (scope: IndexForm['scope'], change: Partial<IndexForm>): IndexForm => ({ ...newIndex(scope), name: 'ByStatus', ...change });
const sort = { name: 'OrderedAt', type: 'N' as const };

describe('default settings', () => {
  it('make an on-demand table with nothing else, which can become global', () => {
    expect(createTableInput(form())).toEqual({
      TableName: 'Orders',
      AttributeDefinitions: [{ AttributeName: 'CustomerId', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'CustomerId', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
  });
  it('are what counts while "Customize settings" is not chosen, whatever was entered there', () => {
    const entered = { ...form({ stream: 'NEW_IMAGE', mode: 'PROVISIONED', timeToLive: '', deletionProtection: true }), customized: false };
    expect(createTableProblems(entered)).toEqual({});
    expect(createTableInput(entered)).toEqual(createTableInput(form()));
    expect(timeToLiveOf(entered)).toBeNull();
  });
});

describe('custom settings', () => {
  it('all go into the request', () => {
    const input = createTableInput(form(
      {
        tableClass: 'STANDARD_INFREQUENT_ACCESS', mode: 'PROVISIONED', stream: 'KEYS_ONLY', deletionProtection: true,
        throughput: { read: '1,000', write: '7', maxRead: '9', maxWrite: '9', warmRead: '2000', warmWrite: '' },
        indexes: [
          index('global', {
            partition: [{ name: 'Status', type: 'S' }, { name: 'Country', type: 'S' }], sort: [sort],
            projection: 'INCLUDE', included: ' Total \n\nNote', throughput: { read: '3', write: '4', maxRead: '', maxWrite: '', warmRead: '', warmWrite: '' },
          }),
          index('local', { name: 'ByTotal', sort: [{ name: 'Total', type: 'N' }], projection: 'KEYS_ONLY' }),
        ],
      },
      { sort, tags: [{ key: 'team', value: 'shop' }] },
    ));
    expect(input).toEqual({
      TableName: 'Orders',
      AttributeDefinitions: [
        { AttributeName: 'CustomerId', AttributeType: 'S' },
        { AttributeName: 'OrderedAt', AttributeType: 'N' },
        { AttributeName: 'Status', AttributeType: 'S' },
        { AttributeName: 'Country', AttributeType: 'S' },
        { AttributeName: 'Total', AttributeType: 'N' },
      ],
      KeySchema: [{ AttributeName: 'CustomerId', KeyType: 'HASH' }, { AttributeName: 'OrderedAt', KeyType: 'RANGE' }],
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: { ReadCapacityUnits: 1000, WriteCapacityUnits: 7 },
      WarmThroughput: { ReadUnitsPerSecond: 2000 },
      TableClass: 'STANDARD_INFREQUENT_ACCESS',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
      DeletionProtectionEnabled: true,
      Tags: [{ Key: 'team', Value: 'shop' }],
      LocalSecondaryIndexes: [{
        IndexName: 'ByTotal',
        KeySchema: [{ AttributeName: 'CustomerId', KeyType: 'HASH' }, { AttributeName: 'Total', KeyType: 'RANGE' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      }],
      GlobalSecondaryIndexes: [{
        IndexName: 'ByStatus',
        KeySchema: [
          { AttributeName: 'Status', KeyType: 'HASH' }, { AttributeName: 'Country', KeyType: 'HASH' }, { AttributeName: 'OrderedAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['Total', 'Note'] },
        ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
      }],
    });
  });
  it('keep on-demand maxima and provisioned units apart', () => {
    const throughput = { read: '5', write: '5', maxRead: '100', maxWrite: '', warmRead: '', warmWrite: '' };
    const input = createTableInput(form({ throughput }));
    expect(input.OnDemandThroughput).toEqual({ MaxReadRequestUnits: 100 });
    expect(input.ProvisionedThroughput).toBeUndefined();
  });
});

describe('what is wrong', () => {
  const paths = (one: CreateTableForm) => Object.keys(createTableProblems(one)).sort();

  it('is found in every part', () => {
    expect(paths(newCreateTable())).toEqual(['name', 'partition.0']);
    expect(paths(form(undefined, { sort: { name: 'CustomerId', type: 'N' } }))).toEqual(['sort.0']);
    expect(paths(form({ mode: 'PROVISIONED', throughput: { read: '', write: '0', maxRead: '', maxWrite: '', warmRead: '', warmWrite: '' } })))
      .toEqual(['throughput.read', 'throughput.write']);
    expect(paths(form({ timeToLive: '' }))).toEqual(['timeToLive']);
    expect(paths(form(undefined, { tags: [{ key: 'a', value: '' }, { key: 'a', value: '' }, { key: 'aws:x', value: '' }] })))
      .toEqual(['tags.0.key', 'tags.1.key', 'tags.2.key']);
  });
  it('is an attribute with two types', () => {
    const indexes = [index('global', { partition: [{ name: 'CustomerId', type: 'N' }] })];
    expect(createTableProblems(form({ indexes }))['indexes.0.partition.0']?.text).toMatch(/^CustomerId is a String in another key/);
  });
  it('is a local index without a sort key of the table, and the same index name twice', () => {
    const indexes = [index('local', { sort: [{ name: 'Total', type: 'N' }] }), index('global', { partition: [{ name: 'Status', type: 'S' }] })];
    expect(paths(form({ indexes }))).toEqual(['indexes.1.name', 'indexes.all']);
    expect(paths(form({ indexes }, { sort }))).toEqual(['indexes.1.name']);
  });
  it('is warm throughput below what there is anyway', () => {
    const throughput = { read: '5', write: '5', maxRead: '', maxWrite: '', warmRead: '11999', warmWrite: '4000' };
    expect(paths(form({ throughput }))).toEqual(['throughput.warmRead']);
    expect(paths(form({ throughput, mode: 'PROVISIONED' }))).toEqual([]);
  });
  it('is a key of another type that should hold the time of expiry', () => {
    expect(paths(form({ timeToLive: 'CustomerId' }))).toEqual(['timeToLive']);
    expect(paths(form({ timeToLive: 'expires' }))).toEqual([]);
  });
});
