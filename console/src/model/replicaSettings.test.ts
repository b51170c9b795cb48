// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { overrides, settingsAreRight, settingsOf, unitsError } from './replicaSettings';

const onDemand: TableDescription = {
  BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  GlobalSecondaryIndexes: [{ IndexName: 'by-day' }, { IndexName: 'by-city' }],
};
const provisioned: TableDescription = {
  ProvisionedThroughput: { ReadCapacityUnits: 200 },
  TableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' },
};
const nothing = settingsOf(onDemand);

describe('overrides', () => {
  it('says only what was changed', () => {
    expect(overrides(onDemand, nothing, nothing)).toEqual({});
    expect(overrides(onDemand, nothing, { tableClass: 'STANDARD', read: '50', indexes: { 'by-day': '', 'by-city': '9' } })).toEqual({
      TableClassOverride: 'STANDARD',
      OnDemandThroughputOverride: { MaxReadRequestUnits: 50 },
      GlobalSecondaryIndexes: [{ IndexName: 'by-city', OnDemandThroughputOverride: { MaxReadRequestUnits: 9 } }],
    });
  });
  it('takes an override away with the value of the table', () => {
    const before = settingsOf(provisioned, {
      ReplicaTableClassSummary: { TableClass: 'STANDARD' },
      ProvisionedThroughputOverride: { ReadCapacityUnits: 100 },
    });
    expect(before).toEqual({ tableClass: 'STANDARD', read: '100', indexes: {} });
    expect(overrides(provisioned, before, settingsOf(provisioned))).toEqual({
      TableClassOverride: 'STANDARD_INFREQUENT_ACCESS',
      ProvisionedThroughputOverride: { ReadCapacityUnits: 200 },
    });
  });
  it('takes a maximum away where the table has none', () => {
    expect(overrides(onDemand, { ...nothing, read: '5' }, nothing)).toEqual({
      OnDemandThroughputOverride: { MaxReadRequestUnits: -1 },
    });
  });
});

it('wants whole numbers', () => {
  expect([unitsError(''), unitsError('1'), unitsError('40000')]).toEqual([undefined, undefined, undefined]);
  for (const wrong of ['0', '-1', '1.5', 'many', ' ']) expect(unitsError(wrong)).toBeDefined();
  expect(settingsAreRight({ ...nothing, indexes: { 'by-day': 'x' } })).toBe(false);
});
