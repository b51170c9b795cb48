// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { newIndex } from './indexes';
import { tagChange } from './tags';
import { capacityInput, capacityOf, capacityProblems, createIndexInput, indexThroughputInput, tableClassInput } from './update-table';

const onDemand: TableDescription = {
  TableName: 'Orders',
  AttributeDefinitions: [{ AttributeName: 'CustomerId', AttributeType: 'S' }, { AttributeName: 'Status', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'CustomerId', KeyType: 'HASH' }],
  BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 },
  OnDemandThroughput: { MaxReadRequestUnits: 100, MaxWriteRequestUnits: -1 },
  WarmThroughput: { ReadUnitsPerSecond: 12000, WriteUnitsPerSecond: 4000 },
  GlobalSecondaryIndexes: [{ IndexName: 'ByStatus', IndexStatus: 'ACTIVE', ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0 } }],
};
const provisioned: TableDescription = {
  TableName: 'Orders',
  ProvisionedThroughput: { ReadCapacityUnits: 10, WriteCapacityUnits: 5 },
  GlobalSecondaryIndexes: [{ IndexName: 'ByStatus', IndexStatus: 'ACTIVE', ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 3 } }],
};

describe('capacity', () => {
  it('asks for nothing when nothing changes, which the service would refuse', () => {
    for (const table of [onDemand, provisioned]) expect(capacityInput(table, capacityOf(table))).toBeNull();
  });
  it('provisions every index when the table changes to provisioned', () => {
    const form = { ...capacityOf(onDemand), mode: 'PROVISIONED' as const };
    expect(capacityInput(onDemand, form)).toEqual({
      TableName: 'Orders',
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
      GlobalSecondaryIndexUpdates: [{ Update: { IndexName: 'ByStatus', ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 } } }],
    });
    form.indexes[0]!.throughput.read = '';
    expect(Object.keys(capacityProblems(onDemand, form))).toEqual(['indexes.0.read']);
  });
  it('says only the mode when the table changes to on-demand', () => {
    expect(capacityInput(provisioned, { ...capacityOf(provisioned), mode: 'PAY_PER_REQUEST' })).toEqual({ TableName: 'Orders', BillingMode: 'PAY_PER_REQUEST' });
  });
  it('takes a maximum away with -1, and leaves the other one alone', () => {
    const form = capacityOf(onDemand);
    form.table.maxRead = '';
    expect(capacityInput(onDemand, form)).toEqual({ TableName: 'Orders', OnDemandThroughput: { MaxReadRequestUnits: -1 } });
  });
  it('raises warm throughput alone, and never lowers it', () => {
    const form = capacityOf(onDemand);
    form.table.warmRead = '20000';
    expect(capacityInput(onDemand, form)).toEqual({ TableName: 'Orders', WarmThroughput: { ReadUnitsPerSecond: 20000 } });
    form.table.warmRead = '100';
    expect(Object.keys(capacityProblems(onDemand, form))).toEqual(['table.warmRead']);
  });
});

describe('indexes', () => {
  it('carry the definitions that the table has, and theirs', () => {
    const form = { ...newIndex('global'), name: 'ByDay', partition: [{ name: 'Status', type: 'S' as const }], sort: [{ name: 'Day', type: 'N' as const }] };
    const input = createIndexInput(onDemand, form);
    expect(input.AttributeDefinitions).toEqual([
      { AttributeName: 'CustomerId', AttributeType: 'S' }, { AttributeName: 'Status', AttributeType: 'S' }, { AttributeName: 'Day', AttributeType: 'N' },
    ]);
    expect(input.GlobalSecondaryIndexUpdates?.[0]?.Create).not.toHaveProperty('ProvisionedThroughput');
  });
  it('change only what is different', () => {
    const index = provisioned.GlobalSecondaryIndexes![0]!;
    const same = { read: '3', write: '3', maxRead: '', maxWrite: '', warmRead: '', warmWrite: '' };
    expect(indexThroughputInput(provisioned, index, same)).toBeNull();
    expect(indexThroughputInput(provisioned, index, { ...same, write: '4' })?.GlobalSecondaryIndexUpdates).toEqual([
      { Update: { IndexName: 'ByStatus', ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 } } },
    ]);
  });
});

it('changes a class only to another one', () => {
  expect(tableClassInput(onDemand, 'STANDARD')).toBeNull();
  expect(tableClassInput(onDemand, 'STANDARD_INFREQUENT_ACCESS')).toEqual({ TableName: 'Orders', TableClass: 'STANDARD_INFREQUENT_ACCESS' });
});

it('sets the tags that are new or other, and removes those that are gone', () => {
  const before = [{ key: 'a', value: '1' }, { key: 'b', value: '2' }, { key: 'c', value: '3' }];
  const after = [{ key: 'a', value: '1' }, { key: 'b', value: 'two' }, { key: 'd', value: '' }];
  expect(tagChange(before, after)).toEqual({ set: [{ Key: 'b', Value: 'two' }, { Key: 'd', Value: '' }], remove: ['c'] });
});
