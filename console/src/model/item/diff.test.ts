// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { diffItems, itemOfWire } from './diff';

const item = (numbers: Record<string, string>) => Object.fromEntries(Object.entries(numbers).map(([name, N]) => [name, { N }]));

it('puts what differs before what does not', () => {
  const rows = diffItems(item({ a: '1', b: '2', d: '4' }), item({ a: '1.0', b: '3', c: '5' }));
  expect(rows.map(({ name, change }) => `${name} ${change}`)).toEqual(['b changed', 'c added', 'd removed', 'a same']);
});

it('takes an item that is not there for one without attributes', () => {
  expect(diffItems(null, item({ a: '1' }))).toEqual([{ name: 'a', left: undefined, right: { N: '1' }, change: 'added' }]);
  expect(diffItems(null, null)).toEqual([]);
});

it('reads what the server writes', () => {
  expect(itemOfWire({ b: { B: 'AP8=' }, n: { N: '1.50' } })).toEqual({ b: { B: new Uint8Array([0, 255]) }, n: { N: '1.50' } });
});
