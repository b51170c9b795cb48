// A text of PartiQL statements: where each ends, how many parameters it has, and examples to begin
// with. The server reads the statements; here only quotes are understood.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import type { KeyPart } from '../tables';

export interface Statement {
  text: string;
  /** Places for values: question marks outside of quotes. */
  parameters: number;
}

/** Quoted text (a doubled quote stays inside), the end of a statement, a place for a value. */
const TOKEN = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|;|\?/g;

export function statementsOf(source: string): Statement[] {
  const statements: Statement[] = [];
  let start = 0;
  let parameters = 0;
  const end = (at: number) => {
    const text = source.slice(start, at).trim();
    if (text !== '') statements.push({ text, parameters });
    parameters = 0;
  };
  for (const { 0: token, index } of source.matchAll(TOKEN)) {
    if (token === '?') parameters++;
    if (token !== ';') continue;
    end(index);
    start = index + 1;
  }
  end(source.length);
  return statements;
}

export interface Bound {
  Statement: string;
  Parameters?: AttributeValue[];
}

/** Values go to the statements in their order. The API refuses an empty list. */
export function bind(statements: Statement[], values: AttributeValue[]): Bound[] {
  let at = 0;
  return statements.map(({ text, parameters }) => {
    const own = values.slice(at, (at += parameters));
    return { Statement: text, ...(own.length > 0 ? { Parameters: own } : {}) };
  });
}

const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const SAMPLES: Record<KeyPart['type'], string> = { S: "'value'", N: '1', B: '?' };

export interface Example {
  id: string;
  label: string;
  statement: string;
}

export function examplesOf(table: string, key: KeyPart[]): Example[] {
  const from = name(table);
  const where = key.map((part) => `${name(part.name)} = ${SAMPLES[part.type]}`).join(' AND ');
  const first = key.slice(0, 1).map((part) => `${name(part.name)} = ${SAMPLES[part.type]}`).join('');
  const tuple = key.map((part) => `'${part.name.replaceAll("'", "''")}': ${SAMPLES[part.type]}`).join(', ');
  return [
    { id: 'all', label: 'Select all items', statement: `SELECT * FROM ${from}` },
    { id: 'some', label: 'Select by partition key', statement: `SELECT * FROM ${from} WHERE ${first}` },
    { id: 'insert', label: 'Insert an item', statement: `INSERT INTO ${from} VALUE {${tuple}, 'attribute': 'text'}` },
    { id: 'update', label: 'Update an item', statement: `UPDATE ${from} SET "attribute" = 'other' WHERE ${where}` },
    { id: 'delete', label: 'Delete an item', statement: `DELETE FROM ${from} WHERE ${where}` },
  ];
}

export const isSelect = ({ text }: Statement): boolean => /^select\b/i.test(text);
