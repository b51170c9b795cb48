// What is asked of a table: scan or query, of which index, with which conditions. It lives in the
// address, so that it can be sent to somebody and the back button works; and it becomes the input
// of Scan or Query, or the problems to show beside the fields.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue, QueryCommandInput, TableDescription } from '@aws-sdk/client-dynamodb';

import { ALL_TYPES, scalar, type Type } from '../item/attribute';
import { keyParts, tableKey, type KeyPart } from '../tables';
import { CONDITIONS, conditionOf, keyConditionsOf, type ConditionId } from './conditions';
import { Placeholders } from './expression';

export interface KeyCondition {
  operator: ConditionId;
  values: string[];
}

export interface Filter {
  attribute: string;
  type: Type;
  condition: ConditionId;
  values: string[];
}

export interface ExploreQuery {
  mode: 'scan' | 'query';
  /** '' is the table itself. */
  index: string;
  /** One for each key attribute, in the order of the schema. */
  keys: KeyCondition[];
  filters: Filter[];
  descending: boolean;
  consistent: boolean;
  /** None: all that there are. */
  attributes: string[];
}

export const START: ExploreQuery = {
  mode: 'scan', index: '', keys: [], filters: [], descending: false, consistent: false, attributes: [],
};

export const PAGE_SIZES = [10, 25, 50, 100, 300] as const;
export const PAGE_SIZE = 50;

const isText = (value: unknown): value is string => typeof value === 'string';
const isCondition = (value: unknown): value is ConditionId => isText(value) && Object.hasOwn(CONDITIONS, value);

/** A parameter that somebody edited may hold anything. */
function list(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as unknown[]) : [];
  } catch {
    return [];
  }
}

function readKey(text: string): KeyCondition[] {
  const [operator, ...values] = list(text);
  return isCondition(operator) ? [{ operator, values: values.filter(isText) }] : [];
}

function readFilter(text: string): Filter[] {
  const [attribute, type, condition, ...values] = list(text);
  if (!isText(attribute) || !isCondition(condition) || !ALL_TYPES.includes(type as Type)) return [];
  return [{ attribute, type: type as Type, condition, values: values.filter(isText) }];
}

export function fromParams(params: URLSearchParams): ExploreQuery {
  return {
    mode: params.get('mode') === 'query' ? 'query' : 'scan',
    index: params.get('index') ?? '',
    keys: params.getAll('key').flatMap(readKey),
    filters: params.getAll('filter').flatMap(readFilter),
    descending: params.get('order') === 'descending',
    consistent: params.get('read') === 'consistent',
    attributes: params.getAll('attribute'),
  };
}

export function toParams(query: ExploreQuery): URLSearchParams {
  const params = new URLSearchParams();
  if (query.mode === 'query') params.set('mode', 'query');
  if (query.index) params.set('index', query.index);
  if (query.mode === 'query')
    for (const { operator, values } of query.keys) params.append('key', JSON.stringify([operator, ...values]));
  for (const { attribute, type, condition, values } of query.filters)
    params.append('filter', JSON.stringify([attribute, type, condition, ...values]));
  if (query.mode === 'query' && query.descending) params.set('order', 'descending');
  if (query.consistent) params.set('read', 'consistent');
  for (const attribute of query.attributes) params.append('attribute', attribute);
  return params;
}

export interface Source {
  /** '' is the table. */
  index: string;
  key: KeyPart[];
  /** Global indexes are read without. */
  canBeConsistent: boolean;
}

/** The table and its indexes, as they can be read. */
export function sourcesOf(table: TableDescription): Source[] {
  const index = (canBeConsistent: boolean) => (one: { IndexName?: string; KeySchema?: TableDescription['KeySchema'] }): Source => ({
    index: one.IndexName ?? '',
    key: keyParts(one.KeySchema, table.AttributeDefinitions),
    canBeConsistent,
  });
  return [
    { index: '', key: tableKey(table), canBeConsistent: true },
    ...(table.LocalSecondaryIndexes ?? []).map(index(true)),
    ...(table.GlobalSecondaryIndexes ?? []).map(index(false)),
  ];
}

export function sourceOf(query: ExploreQuery, table: TableDescription): Source | undefined {
  return sourcesOf(table).find(({ index }) => index === query.index);
}

/** The conditions for each key attribute: partition keys with equality, all without a value yet. */
export function keysFor(source: Source, keys: KeyCondition[]): KeyCondition[] {
  return source.key.map(({ role, type }, n) => {
    const had = keys[n];
    const fits = had && (role === 'partition' ? had.operator === '=' : keyConditionsOf(type).includes(had.operator));
    return fits ? had : { operator: '=', values: had?.values ?? [] };
  });
}

/** By field: "key.0", "filter.2", "index". */
export type Problems = Record<string, string>;

export type ReadInput = Omit<QueryCommandInput, 'ExclusiveStartKey' | 'Limit'> & { TableName: string };

/** A value of a condition: booleans are chosen, null is only one. */
function valueOf(type: Type, text: string): { value: AttributeValue } | { problem: string } {
  if (type === 'BOOL') return { value: { BOOL: text === 'true' } };
  if (type === 'NULL') return { value: { NULL: true } };
  return scalar(type as 'S' | 'N' | 'B', text);
}

function valuesOf(id: ConditionId, type: Type, texts: string[]): { values: AttributeValue[] } | { problem: string } {
  const wanted = conditionOf(id).values;
  if (wanted === 0) return { values: [] };
  if (wanted === 'type') return { values: [{ S: type }] };
  const given = wanted === 'many' ? texts.filter((text) => text !== '') : Array.from({ length: wanted }, (_, n) => texts[n] ?? '');
  if (given.length === 0) return { problem: 'Enter a value' };
  const values: AttributeValue[] = [];
  for (const text of given) {
    const read = valueOf(type, text);
    if ('problem' in read) return read;
    values.push(read.value);
  }
  return { values };
}

const isBlank = ({ values }: KeyCondition): boolean => values.every((value) => value === '');

function keyExpression(query: ExploreQuery, source: Source, names: Placeholders, problems: Problems): string {
  const terms: string[] = [];
  let open = true; // a sort key counts only when all before it are equal to something
  for (const [n, { operator, values }] of keysFor(source, query.keys).entries()) {
    const { name, type, role } = source.key[n]!;
    if (role === 'sort' && isBlank({ operator, values })) {
      open = false;
      continue;
    }
    if (isBlank({ operator, values })) {
      problems[`key.${n}`] = 'Enter a value';
      continue;
    }
    if (!open) {
      problems[`key.${n}`] = 'The sort keys before it must be equal to a value';
      continue;
    }
    const read = valuesOf(operator, type, values);
    if ('problem' in read) problems[`key.${n}`] = read.problem;
    else terms.push(conditionOf(operator).write(names.name(name), read.values.map((value) => names.value(value))));
    if (role === 'sort' && operator !== '=') open = false;
  }
  return terms.join(' AND ');
}

function filterExpression(query: ExploreQuery, names: Placeholders, problems: Problems): string {
  const terms: string[] = [];
  for (const [n, { attribute, type, condition, values }] of query.filters.entries()) {
    if (attribute === '') {
      problems[`filter.${n}`] = 'Enter an attribute name';
      continue;
    }
    const read = valuesOf(condition, type, values);
    if ('problem' in read) problems[`filter.${n}`] = read.problem;
    else terms.push(conditionOf(condition).write(names.name(attribute), read.values.map((value) => names.value(value))));
  }
  return terms.join(' AND ');
}

/** The request, or what has to be put right first. Keys always come along: rows lead to items. */
export function toInput(query: ExploreQuery, table: TableDescription): { input: ReadInput } | { problems: Problems } {
  const source = sourceOf(query, table);
  if (!source) return { problems: { index: `There is no index ${query.index}` } };
  const names = new Placeholders();
  const problems: Problems = {};
  const keys = query.mode === 'query' ? keyExpression(query, source, names, problems) : '';
  const filter = filterExpression(query, names, problems);
  if (Object.keys(problems).length > 0) return { problems };

  const asked = new Set(query.attributes.length > 0 ? [...tableKey(table).map(({ name }) => name), ...query.attributes] : []);
  const projection = [...asked].map((name) => names.name(name)).join(', ');
  return {
    input: {
      TableName: table.TableName ?? '',
      ReturnConsumedCapacity: 'TOTAL',
      ...(query.index ? { IndexName: query.index } : {}),
      ...(keys ? { KeyConditionExpression: keys, ScanIndexForward: !query.descending } : {}),
      ...(filter ? { FilterExpression: filter } : {}),
      ...(projection ? { ProjectionExpression: projection } : {}),
      ...(query.consistent && source.canBeConsistent ? { ConsistentRead: true } : {}),
      ...names.attributes,
    },
  };
}
