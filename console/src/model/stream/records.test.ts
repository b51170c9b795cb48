// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { EMPTY_VIEW, matching, RECORDS_MAX, withRecords } from './records';

const record = (n: number) => ({
  eventID: `e${n}`,
  eventName: 'INSERT' as const,
  dynamodb: { Keys: { id: { S: `User-${n}` } }, NewImage: { id: { S: `User-${n}` } }, SequenceNumber: String(n) },
});

it('shows the newest first', () => {
  const view = withRecords(withRecords(EMPTY_VIEW, [record(1), record(2)]), [record(3)]);
  expect(view.records.map(({ sequence }) => sequence)).toEqual(['3', '2', '1']);
  expect(view.records[0]).toMatchObject({ event: 'INSERT', keyText: 'User-3', oldImage: null, newImage: { id: { S: 'User-3' } } });
});

it('puts what another shard had in between', () => {
  const view = withRecords(withRecords(EMPTY_VIEW, [record(8), record(10)]), [record(7), record(9)]);
  expect(view.records.map(({ sequence }) => sequence)).toEqual(['10', '9', '8', '7']);
});

it('keeps a bounded number, and counts the rest', () => {
  const many = Array.from({ length: RECORDS_MAX + 7 }, (_, n) => record(n));
  const view = withRecords(withRecords(EMPTY_VIEW, many), [record(9999)]);
  expect(view.records).toHaveLength(RECORDS_MAX);
  expect(view.dropped).toBe(8);
  expect(view.records[0]!.sequence).toBe('9999');
});

it('says who deleted an item when it was the database', () => {
  const expired = { ...record(1), userIdentity: { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' } };
  expect(withRecords(EMPTY_VIEW, [expired]).records[0]!.by).toBe('Service dynamodb.amazonaws.com');
  expect(withRecords(EMPTY_VIEW, [record(1)]).records[0]!.by).toBeNull();
});

it('finds records by a part of their key', () => {
  const { records } = withRecords(EMPTY_VIEW, [record(1), record(21), record(3)]);
  expect(matching(records, ' USER-2').map(({ sequence }) => sequence)).toEqual(['21']);
  expect(matching(records, '')).toHaveLength(3);
});
