// Two states of one item, attribute by attribute.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import type { WireItem } from '../../api/admin-types';
import { attributeIn, sameValue, type Item } from './attribute';
import { parseItem } from './dynamodb-json';

export interface AttributeDiff {
  name: string;
  left: AttributeValue | undefined;
  right: AttributeValue | undefined;
  change: 'same' | 'changed' | 'added' | 'removed';
}

/** What /_tropic/v1 has as DynamoDB JSON, in the SDK's shape. */
export const itemOfWire = (wire: WireItem): Item => parseItem(JSON.stringify(wire));

/** All attributes of either, in order of names; those that differ first. */
export function diffItems(left: Item | null, right: Item | null): AttributeDiff[] {
  const names = [...new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})])].sort();
  return names
    .map((name): AttributeDiff => {
      const [a, b] = [attributeIn(left ?? {}, name), attributeIn(right ?? {}, name)];
      const change = sameValue(a, b) ? 'same' : !a ? 'added' : !b ? 'removed' : 'changed';
      return { name, left: a, right: b, change };
    })
    .sort((a, b) => Number(a.change === 'same') - Number(b.change === 'same'));
}
