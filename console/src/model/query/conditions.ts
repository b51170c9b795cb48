// The conditions that filters and sort keys can have, one row each: what they are called, how many
// values they want, which types fit, and how they are written.
//
// SPDX-License-Identifier: Apache-2.0
import { ALL_TYPES, type Type } from '../item/attribute';

export interface Condition {
  label: string;
  /** 'many': one value a line. 'type': the type is the value. */
  values: 0 | 1 | 2 | 'many' | 'type';
  types: readonly Type[];
  write(name: string, values: string[]): string;
}

const ORDERED: Type[] = ['S', 'N', 'B'];
const SINGLE: Type[] = [...ORDERED, 'BOOL', 'NULL'];
const COUNT: Type[] = ['N'];

const compare = (operator: string, label: string, types: Type[]): Condition => ({
  label,
  values: 1,
  types,
  write: (name, [value]) => `${name} ${operator} ${value}`,
});
const size = (operator: string, label: string): Condition => ({
  label: `Size ${label}`,
  values: 1,
  types: COUNT,
  write: (name, [value]) => `size(${name}) ${operator} ${value}`,
});

export const CONDITIONS = {
  '=': compare('=', 'Equal to', SINGLE),
  '<>': compare('<>', 'Not equal to', SINGLE),
  '<': compare('<', 'Less than', ORDERED),
  '<=': compare('<=', 'Less than or equal to', ORDERED),
  '>': compare('>', 'Greater than', ORDERED),
  '>=': compare('>=', 'Greater than or equal to', ORDERED),
  between: { label: 'Between', values: 2, types: ORDERED, write: (name, [low, high]) => `${name} BETWEEN ${low} AND ${high}` },
  in: { label: 'One of', values: 'many', types: ORDERED, write: (name, values) => `${name} IN (${values.join(', ')})` },
  exists: { label: 'Exists', values: 0, types: [], write: (name) => `attribute_exists(${name})` },
  'not exists': { label: 'Does not exist', values: 0, types: [], write: (name) => `attribute_not_exists(${name})` },
  contains: { label: 'Contains', values: 1, types: ORDERED, write: (name, [value]) => `contains(${name}, ${value})` },
  'not contains': { label: 'Does not contain', values: 1, types: ORDERED, write: (name, [value]) => `NOT contains(${name}, ${value})` },
  'begins with': { label: 'Begins with', values: 1, types: ['S', 'B'], write: (name, [value]) => `begins_with(${name}, ${value})` },
  type: { label: 'Is of type', values: 'type', types: ALL_TYPES, write: (name, [value]) => `attribute_type(${name}, ${value})` },
  'size =': size('=', 'equal to'),
  'size <>': size('<>', 'not equal to'),
  'size <': size('<', 'less than'),
  'size <=': size('<=', 'less than or equal to'),
  'size >': size('>', 'greater than'),
  'size >=': size('>=', 'greater than or equal to'),
} as const satisfies Record<string, Condition>;

export type ConditionId = keyof typeof CONDITIONS;
export const ALL_CONDITIONS = Object.keys(CONDITIONS) as ConditionId[];
export const conditionOf = (id: ConditionId): Condition => CONDITIONS[id];

/** What a key condition may be; partition keys only take the first. */
export const KEY_CONDITIONS: ConditionId[] = ['=', '<', '<=', '>', '>=', 'between', 'begins with'];

export const keyConditionsOf = (type: Type): ConditionId[] =>
  KEY_CONDITIONS.filter((id) => conditionOf(id).types.includes(type));
