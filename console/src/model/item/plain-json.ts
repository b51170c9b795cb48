// Plain JSON: what other programs read and write. It has no sets and no binary; an item that holds
// them can be written out for reading (lists, base64), but not be edited so without losing them.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import { isSet, TYPES, typeOf, type Item } from './attribute';
import { toBase64 } from './base64';
import { jsonNumber, numberProblem } from './decimal';
import { ItemProblem } from './dynamodb-json';
import { JsonNumber, parseJson, printJson, type Json, type JsonObject } from './json';

/** A key that is still to be typed has no digits. */
const number = (text: string): Json => (text === '' ? null : new JsonNumber(jsonNumber(text)));

function toPlain(value: AttributeValue): Json {
  if (value.N !== undefined) return number(value.N);
  if (value.B !== undefined) return toBase64(value.B);
  if (value.SS) return value.SS;
  if (value.NS) return value.NS.map(number);
  if (value.BS) return value.BS.map(toBase64);
  if (value.L) return value.L.map(toPlain);
  if (value.M) return mapToPlain(value.M);
  return value.S ?? value.BOOL ?? null;
}

function mapToPlain(item: Item): JsonObject {
  return new Map(Object.entries(item).map(([name, value]) => [name, toPlain(value)]));
}

function fromPlain(json: Json, path: string): AttributeValue {
  if (json === null) return { NULL: true };
  if (typeof json === 'string') return { S: json };
  if (typeof json === 'boolean') return { BOOL: json };
  if (json instanceof JsonNumber) {
    const problem = numberProblem(json.text);
    if (problem) throw new ItemProblem(path, problem);
    return { N: json.text };
  }
  if (Array.isArray(json)) return { L: json.map((one, n) => fromPlain(one, `${path}[${n}]`)) };
  return { M: mapFromPlain(json, path) };
}

function mapFromPlain(json: Json, path: string): Item {
  if (!(json instanceof Map)) throw new ItemProblem(path, 'expected an object in { }');
  return Object.fromEntries([...json].map(([name, value]) => [name, fromPlain(value, path ? `${path}.${name}` : name)]));
}

export function printPlain(item: Item, indent = 2): string {
  return printJson(mapToPlain(item), indent);
}

/** Throws JsonProblem or ItemProblem. */
export function parsePlain(source: string): Item {
  return mapFromPlain(parseJson(source), '');
}

/** What plain JSON cannot say: "tags (String set)", with the way to it. */
export function beyondPlain(item: Item, path = ''): string[] {
  return Object.entries(item).flatMap(([name, value]) => beyond(value, path ? `${path}.${name}` : name));
}

function beyond(value: AttributeValue, path: string): string[] {
  const type = typeOf(value);
  if (isSet(type) || type === 'B') return [`${path} (${TYPES[type]})`];
  if (value.M) return beyondPlain(value.M, path);
  return (value.L ?? []).flatMap((one, n) => beyond(one, `${path}[${n}]`));
}
