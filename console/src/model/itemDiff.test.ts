// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { diffItems, textsOf, textsOfWire } from './itemDiff';

it('puts what differs before what does not', () => {
  const rows = diffItems({ a: '1', b: '2', d: '4' }, { a: '1', b: '3', c: '5' });
  expect(rows.map(({ name, change }) => `${name} ${change}`)).toEqual(['b changed', 'c added', 'd removed', 'a same']);
});

it('takes an item that is not there for one without attributes', () => {
  expect(diffItems(null, { a: '1' })).toEqual([{ name: 'a', left: undefined, right: '1', change: 'added' }]);
  expect(diffItems(null, null)).toEqual([]);
});

it('writes the same value the same way from the wire and from the SDK', () => {
  const wire = { b: { B: 'AP8=' }, s: { BS: ['AA=='] }, n: { N: '1.50' } };
  const sdk = { b: { B: new Uint8Array([0, 255]) }, s: { BS: [new Uint8Array([0])] }, n: { N: '1.50' } };
  expect(textsOf(sdk)).toEqual(textsOfWire(wire));
});
