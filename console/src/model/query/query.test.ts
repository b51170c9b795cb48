// What is asked: through the address and back, and as the request that it becomes.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';

import { columnsOf, inOrder } from './columns';
import { ALL_CONDITIONS, conditionOf } from './conditions';
import { itemAddress, itemPath } from './item-address';
import { fromParams, keysFor, sourceOf, START, toInput, toParams, type ExploreQuery } from './query';

const TABLE: TableDescription = {
  TableName: 'T',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
    { AttributeName: 'bin', AttributeType: 'B' },
    { AttributeName: 'x', AttributeType: 'S' },
    { AttributeName: 'y', AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'wide',
      KeySchema: [
        { AttributeName: 'x', KeyType: 'HASH' },
        { AttributeName: 'y', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
        { AttributeName: 'bin', KeyType: 'RANGE' },
      ],
    },
  ],
};

const query = (some: Partial<ExploreQuery>): ExploreQuery => ({ ...START, mode: 'query', ...some });
const eq = (...values: string[]) => ({ operator: '=' as const, values });

describe('the address', () => {
  it('holds all of a query', () => {
    const all = query({
      index: 'wide',
      keys: [eq('a&b=c'), eq('1'), { operator: 'between', values: ['1', '2'] }],
      filters: [
        { attribute: 'a.b "c"', type: 'S', condition: 'in', values: ['x\ny', 'ü'] },
        { attribute: 'n', type: 'N', condition: 'size >=', values: ['3'] },
      ],
      descending: true,
      consistent: true,
      attributes: ['one', 'two'],
    });
    expect(fromParams(new URLSearchParams(toParams(all).toString()))).toEqual(all);
    expect(toParams(START).toString()).toBe('');
  });
  it('takes anything that somebody typed there', () => {
    for (const text of ['mode=x', 'key=1', 'key=[1,2]', 'key={', 'filter=["a"]', 'filter=["a","Q","=","x"]', 'filter=["a","S","toString"]'])
      expect(fromParams(new URLSearchParams(text)), text).toEqual(START);
  });
  it('holds the key of an item, exactly', () => {
    const parts = [{ name: 'sk', type: 'N' as const, role: 'partition' as const }];
    const item = { sk: { N: '12345678901234567890123456789' }, other: { S: 'x' } };
    const url = new URL(itemPath('eu-west-1', 'T', item, parts, true), 'http://host');
    expect(itemAddress(url.searchParams)).toEqual({ key: { sk: item.sk }, copy: true });
  });
});

describe('the request', () => {
  it('of a scan is the table alone', () => {
    expect(toInput(START, TABLE)).toEqual({ input: { TableName: 'T', ReturnConsumedCapacity: 'TOTAL' } });
  });
  it('goes through placeholders alone', () => {
    const made = toInput(
      query({
        keys: [eq('a'), { operator: 'between', values: ['1', '2'] }],
        filters: [{ attribute: 'size', type: 'S', condition: 'begins with', values: ['x'] }],
        attributes: ['name', 'pk'],
        descending: true,
        consistent: true,
      }),
      TABLE,
    );
    expect(made).toEqual({
      input: {
        TableName: 'T',
        ReturnConsumedCapacity: 'TOTAL',
        KeyConditionExpression: '#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2',
        ScanIndexForward: false,
        FilterExpression: 'begins_with(#n2, :v3)',
        ProjectionExpression: '#n0, #n1, #n3',
        ConsistentRead: true,
        ExpressionAttributeNames: { '#n0': 'pk', '#n1': 'sk', '#n2': 'size', '#n3': 'name' },
        ExpressionAttributeValues: { ':v0': { S: 'a' }, ':v1': { N: '1' }, ':v2': { N: '2' }, ':v3': { S: 'x' } },
      },
    });
  });
  it('has every part of a key of many attributes', () => {
    expect(toInput(query({ index: 'wide', keys: [eq('a'), eq('1'), eq('5'), { operator: '>', values: ['AAE='] }] }), TABLE)).toMatchObject({
      input: {
        IndexName: 'wide',
        KeyConditionExpression: '#n0 = :v0 AND #n1 = :v1 AND #n2 = :v2 AND #n3 > :v3',
        ExpressionAttributeValues: { ':v3': { B: new Uint8Array([0, 1]) } },
      },
    });
  });
  it('never asks a global index for consistency', () => {
    expect(toInput({ ...START, index: 'wide', consistent: true }, TABLE)).not.toHaveProperty('input.ConsistentRead');
  });
  it('says what is missing, and where', () => {
    const problems = (some: Partial<ExploreQuery>) => {
      const made = toInput(query(some), TABLE);
      return 'problems' in made ? Object.keys(made.problems) : [];
    };
    expect(problems({})).toEqual(['key.0']);
    expect(problems({ keys: [eq('a'), eq('x')] })).toEqual(['key.1']);
    expect(problems({ index: 'gone' })).toEqual(['index']);
    expect(problems({ index: 'wide', keys: [eq('a')] })).toEqual(['key.1']);
    // A sort key after one that is open, or only compared.
    expect(problems({ index: 'wide', keys: [eq('a'), eq('1'), eq(''), eq('AA==')] })).toEqual(['key.3']);
    expect(problems({ index: 'wide', keys: [eq('a'), eq('1'), { operator: '<', values: ['1'] }, eq('AA==')] })).toEqual(['key.3']);
    expect(
      problems({
        mode: 'scan',
        filters: [
          { attribute: '', type: 'S', condition: 'exists', values: [] },
          { attribute: 'a', type: 'N', condition: '=', values: ['x'] },
          { attribute: 'a', type: 'S', condition: 'in', values: [''] },
        ],
      }),
    ).toEqual(['filter.0', 'filter.1', 'filter.2']);
  });
  it('writes every condition with the values it wants', () => {
    for (const condition of ALL_CONDITIONS) {
      const type = conditionOf(condition).types[0] ?? 'S';
      const made = toInput({ ...START, filters: [{ attribute: 'a', type, condition, values: ['1', '2'] }] }, TABLE);
      const input = 'input' in made ? made.input : null;
      expect(input?.FilterExpression, condition).toContain('#n0');
      expect(input?.FilterExpression, condition).not.toContain('undefined');
      for (const placeholder of Object.keys(input?.ExpressionAttributeValues ?? {}))
        expect(input?.FilterExpression, condition).toContain(placeholder);
    }
  });
  it('gives partition keys equality alone', () => {
    const source = sourceOf(START, TABLE)!;
    expect(keysFor(source, [{ operator: '>', values: ['a'] }])).toEqual([eq('a'), eq()]);
    expect(keysFor(source, [eq('a'), { operator: 'begins with', values: ['1'] }])[1]).toEqual(eq('1'));
  });
});

describe('columns', () => {
  it('begin with the keys, and keep what was chosen', () => {
    const names = inOrder(['b', 'pk', 'a'], ['pk', 'pk']);
    expect(names).toEqual(['pk', 'a', 'b']);
    expect(columnsOf(names, [{ id: 'b', visible: false }, { id: 'gone', visible: true }])).toEqual([
      { id: 'b', visible: false },
      { id: 'pk', visible: true },
      { id: 'a', visible: true },
    ]);
    expect(columnsOf(Array.from({ length: 30 }, (_, n) => `a${n}`), []).filter(({ visible }) => visible)).toHaveLength(10);
  });
});
