// Keys in a form: attributes with their types, and the definitions that a request carries beside
// its key schemas. One attribute has one type in all keys of a table.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeDefinition, KeySchemaElement } from '@aws-sdk/client-dynamodb';

import { KEY_TYPES, type KeyPart } from '../tables';
import { attributeProblem, note, wrong, type Problems } from './problems';

export interface KeyAttribute {
  name: string;
  type: KeyPart['type'];
}

export const newKeyAttribute = (): KeyAttribute => ({ name: '', type: 'S' });

/** Both halves of a key, at `partition.0`, `sort.0` and so on. */
export function keyProblems(partition: KeyAttribute[], sort: KeyAttribute[]): Problems {
  const problems: Problems = {};
  const seen = new Set<string>();
  for (const [half, attributes] of [['partition', partition], ['sort', sort]] as const)
    attributes.forEach(({ name }, at) => {
      note(problems, `${half}.${at}`, attributeProblem(name, `${half} key`));
      if (name !== '' && seen.has(name)) note(problems, `${half}.${at}`, wrong(`${name} is in this key already.`));
      seen.add(name);
    });
  return problems;
}

export function keySchema(partition: KeyAttribute[], sort: KeyAttribute[]): KeySchemaElement[] {
  return [
    ...partition.map(({ name }) => ({ AttributeName: name, KeyType: 'HASH' as const })),
    ...sort.map(({ name }) => ({ AttributeName: name, KeyType: 'RANGE' as const })),
  ];
}

/** Each attribute once, in the order in which they come first. */
export function definitions(attributes: KeyAttribute[]): AttributeDefinition[] {
  const types = new Map<string, KeyPart['type']>();
  for (const { name, type } of attributes) if (!types.has(name)) types.set(name, type);
  return [...types].map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
}

/** `attribute` is in another key under another type. */
export function typeProblem({ name, type }: KeyAttribute, others: KeyAttribute[]) {
  const other = others.find((one) => one.name === name && one.type !== type);
  return name !== '' && other ? wrong(`${name} is a ${KEY_TYPES[other.type]} in another key. An attribute has one type in all keys of a table.`) : null;
}
