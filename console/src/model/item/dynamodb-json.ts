// DynamoDB JSON: every value in an object that names its type. It can say all that items hold;
// binary is base64.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import { isSet, TYPES, typeOf, type Item, type Type } from './attribute';
import { fromBase64, toBase64 } from './base64';
import { numberProblem } from './decimal';
import { parseJson, printJson, type Json, type JsonObject } from './json';

/** What is wrong in an item, and where. */
export class ItemProblem extends Error {
  constructor(path: string, message: string) {
    super(path ? `${path}: ${message}` : message);
    this.name = 'ItemProblem';
  }
}

const strings = (all: string[]): Json => all;

function toJson(value: AttributeValue): Json {
  const type = typeOf(value);
  const inner: Json =
    value.B !== undefined ? toBase64(value.B)
    : value.BS ? strings(value.BS.map(toBase64))
    : value.L ? value.L.map(toJson)
    : value.M ? mapToJson(value.M)
    : value.SS ?? value.NS ?? value.S ?? value.N ?? value.BOOL ?? value.NULL ?? null;
  return new Map([[type, inner]]);
}

function mapToJson(item: Item): JsonObject {
  return new Map(Object.entries(item).map(([name, value]) => [name, toJson(value)]));
}

function text(json: Json, path: string): string {
  if (typeof json !== 'string') throw new ItemProblem(path, 'expected text in quotes');
  return json;
}

function number(json: Json, path: string): string {
  const digits = text(json, path);
  const problem = numberProblem(digits);
  if (problem) throw new ItemProblem(path, problem);
  return digits;
}

function binary(json: Json, path: string): Uint8Array {
  const bytes = fromBase64(text(json, path));
  if (!bytes) throw new ItemProblem(path, 'not base64');
  return bytes;
}

function elements<T>(json: Json, path: string, each: (one: Json, path: string) => T): T[] {
  if (!Array.isArray(json)) throw new ItemProblem(path, 'expected a list in [ ]');
  return json.map((one, n) => each(one, `${path}[${n}]`));
}

function fromJson(json: Json, path: string): AttributeValue {
  if (!(json instanceof Map) || json.size !== 1)
    throw new ItemProblem(path, 'expected an object with one type, such as {"S": "text"}');
  const [[type, inner]] = [...json] as [[string, Json]];
  if (!Object.hasOwn(TYPES, type)) throw new ItemProblem(path, `"${type}" is no type; types are ${Object.keys(TYPES).join(', ')}`);
  if (isSet(type as Type) && Array.isArray(inner) && inner.length === 0)
    throw new ItemProblem(path, 'a set has at least one element');
  switch (type as Type) {
    case 'S': return { S: text(inner, path) };
    case 'N': return { N: number(inner, path) };
    case 'B': return { B: binary(inner, path) };
    case 'BOOL':
      if (typeof inner !== 'boolean') throw new ItemProblem(path, 'expected true or false');
      return { BOOL: inner };
    case 'NULL':
      if (inner !== true) throw new ItemProblem(path, 'NULL is always true');
      return { NULL: true };
    case 'SS': return { SS: elements(inner, path, text) };
    case 'NS': return { NS: elements(inner, path, number) };
    case 'BS': return { BS: elements(inner, path, binary) };
    case 'L': return { L: elements(inner, path, fromJson) };
    case 'M': return { M: mapFromJson(inner, path) };
  }
}

function mapFromJson(json: Json, path: string): Item {
  if (!(json instanceof Map)) throw new ItemProblem(path, 'expected an object in { }');
  return Object.fromEntries([...json].map(([name, value]) => [name, fromJson(value, path ? `${path}.${name}` : name)]));
}

export function printItem(item: Item, indent = 2): string {
  return printJson(mapToJson(item), indent);
}

export function printValue(value: AttributeValue, indent = 0): string {
  const json = toJson(value) as JsonObject;
  return printJson(json, indent);
}

/** Throws JsonProblem or ItemProblem. */
export function parseItem(source: string): Item {
  return mapFromJson(parseJson(source), '');
}
