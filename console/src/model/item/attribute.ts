// Attribute values, as the SDK carries them: which type, whether two are the same, and how one reads
// in a line of text. Items stay in this shape all the way from the answer to the next request.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import type { KeyPart } from '../tables';
import { fromBase64, toBase64 } from './base64';
import { canonical, jsonNumber, numberProblem } from './decimal';

export type Item = Record<string, AttributeValue>;

export const TYPES = {
  S: 'String',
  N: 'Number',
  B: 'Binary',
  BOOL: 'Boolean',
  NULL: 'Null',
  SS: 'String set',
  NS: 'Number set',
  BS: 'Binary set',
  L: 'List',
  M: 'Map',
} as const;

export type Type = keyof typeof TYPES;
export type SetType = 'SS' | 'NS' | 'BS';
export type ScalarType = 'S' | 'N' | 'B';

export const ALL_TYPES = Object.keys(TYPES) as Type[];
export const ELEMENT_OF: Record<SetType, ScalarType> = { SS: 'S', NS: 'N', BS: 'B' };
export const isSet = (type: Type): type is SetType => type in ELEMENT_OF;

export function typeOf(value: AttributeValue): Type {
  const type = ALL_TYPES.find((one) => value[one] !== undefined);
  if (!type) throw new Error('an attribute value without a type');
  return type;
}

/** A key, string or number that was typed: its value, or why it is none. */
export function scalar(type: ScalarType, text: string): { value: AttributeValue } | { problem: string } {
  if (type === 'S') return { value: { S: text } };
  if (type === 'N') {
    const problem = numberProblem(text);
    return problem ? { problem } : { value: { N: text } };
  }
  const bytes = fromBase64(text);
  return bytes ? { value: { B: bytes } } : { problem: 'Not base64' };
}

/** As it would be typed. */
export function scalarText(value: AttributeValue): string {
  return value.S ?? value.N ?? (value.B ? toBase64(value.B) : '');
}

const sorted = (texts: string[]): string => JSON.stringify([...texts].sort());

/** One text for all that the database calls equal: 1.0 is 1, and sets have no order. */
function fingerprint(value: AttributeValue): unknown {
  if (value.N !== undefined) return ['N', canonical(value.N)];
  if (value.B !== undefined) return ['B', toBase64(value.B)];
  if (value.SS) return ['SS', sorted(value.SS)];
  if (value.NS) return ['NS', sorted(value.NS.map(canonical))];
  if (value.BS) return ['BS', sorted(value.BS.map(toBase64))];
  if (value.L) return ['L', value.L.map(fingerprint)];
  if (value.M)
    return ['M', Object.keys(value.M).sort().map((name) => [name, fingerprint(value.M![name]!)])];
  return value;
}

export function sameValue(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (!a || !b) return a === b;
  return JSON.stringify(fingerprint(a)) === JSON.stringify(fingerprint(b));
}

/** The attribute of that name, if the item has it. To ask `item[name]` finds what every object has: `constructor`. */
export function attributeIn(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

/** The attributes of these names that the item has, in their order. */
export function pick(item: Item, names: string[]): Item {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = attributeIn(item, name);
      return value ? [[name, value] as const] : [];
    }),
  );
}

/** The key attributes of an item; null when the item does not have them all. */
export function keyOf(item: Item, parts: KeyPart[]): Item | null {
  const key = pick(item, parts.map(({ name }) => name));
  return Object.keys(key).length === parts.length ? key : null;
}

/** The same text for the same key. */
export function keyId(item: Item, parts: KeyPart[]): string {
  return JSON.stringify(
    parts.map(({ name }) => {
      const value = attributeIn(item, name);
      return value ? fingerprint(value) : null;
    }),
  );
}

/** A value in one line, cut at `room` characters. */
export function preview(value: AttributeValue, room = 200): string {
  let text = '';
  const put = (more: string) => {
    text += more;
  };
  const list = <T>(open: string, all: T[], each: (one: T) => void, close: string) => {
    put(open);
    for (const [n, one] of all.entries()) {
      if (text.length > room) return;
      if (n > 0) put(', ');
      each(one);
    }
    put(close);
  };
  const write = (one: AttributeValue, outer: boolean): void => {
    if (one.S !== undefined) put(outer ? one.S.slice(0, room + 1) : JSON.stringify(one.S.slice(0, room + 1)));
    else if (one.N !== undefined) put(outer ? one.N : jsonNumber(one.N));
    else if (one.B !== undefined) put(toBase64(one.B.subarray(0, room)));
    else if (one.BOOL !== undefined) put(String(one.BOOL));
    else if (one.NULL !== undefined) put('null');
    else if (one.SS) list('{', one.SS, (s) => put(JSON.stringify(s)), '}');
    else if (one.NS) list('{', one.NS, put, '}');
    else if (one.BS) list('{', one.BS, (b) => put(toBase64(b.subarray(0, room))), '}');
    else if (one.L) list('[', one.L, (each) => write(each, false), ']');
    else if (one.M)
      list('{', Object.entries(one.M), ([name, each]) => {
        put(`${JSON.stringify(name)}: `);
        write(each, false);
      }, '}');
  };
  write(value, true);
  return text.length > room ? `${text.slice(0, room)}…` : text;
}
