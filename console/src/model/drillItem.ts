// An item of the drills' writer. It fits any key schema, and says where and when it was written.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import type { Item } from './item/attribute';
import type { KeyPart } from './tables';

function keyValue(type: KeyPart['type'], number: number): AttributeValue {
  const text = `drill-${number}`;
  return type === 'N' ? { N: String(number) } : type === 'B' ? { B: new TextEncoder().encode(text) } : { S: text };
}

/** The same key for the same number. */
export function drillItem(key: KeyPart[], number: number, { region, at }: { region: string; at: Date }): Item {
  return {
    'drill-region': { S: region },
    'drill-time': { S: at.toISOString() },
    ...Object.fromEntries(key.map(({ name, type }) => [name, keyValue(type, number)])),
  };
}
