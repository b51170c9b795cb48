// Two states of one item, attribute by attribute. Values are compared and shown as text, in DynamoDB
// JSON, which says their type.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import type { WireItem } from '../api/admin-types';

export type Texts = Record<string, string>;

export interface AttributeDiff {
  name: string;
  left: string | undefined;
  right: string | undefined;
  change: 'same' | 'changed' | 'added' | 'removed';
}

export function textsOfWire(item: WireItem): Texts {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, JSON.stringify(value)]));
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** The SDK has bytes where the wire has base64. */
export function textsOf(item: Record<string, AttributeValue>): Texts {
  const text = (value: AttributeValue) =>
    JSON.stringify(value, (_, inner: unknown) => (inner instanceof Uint8Array ? base64(inner) : inner));
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, text(value)]));
}

/** All attributes of either, in order of names; those that differ first. */
export function diffItems(left: Texts | null, right: Texts | null): AttributeDiff[] {
  const names = [...new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])].sort();
  return names
    .map((name): AttributeDiff => {
      const [a, b] = [left?.[name], right?.[name]];
      return { name, left: a, right: b, change: a === b ? 'same' : a === undefined ? 'added' : b === undefined ? 'removed' : 'changed' };
    })
    .sort((a, b) => Number(a.change === 'same') - Number(b.change === 'same'));
}
