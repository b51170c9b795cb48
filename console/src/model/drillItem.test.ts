// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { drillItem } from './drillItem';

it('has a key of any type, the same for the same number, and says where it was written', () => {
  const key = [
    { name: 'n', type: 'N', role: 'partition' },
    { name: 'b', type: 'B', role: 'sort' },
  ] as const;
  const made = (region: string) => drillItem([...key], 7, { region, at: new Date(0) });
  expect(made('a')).toEqual({
    n: { N: '7' },
    b: { B: new TextEncoder().encode('drill-7') },
    'drill-region': { S: 'a' },
    'drill-time': { S: '1970-01-01T00:00:00.000Z' },
  });
  expect({ ...made('b'), 'drill-region': made('a')['drill-region'] }).toEqual(made('a'));
});

it('leaves the key to the key when the names are the same', () => {
  expect(drillItem([{ name: 'drill-time', type: 'N', role: 'partition' }], 1, { region: 'a', at: new Date(0) })['drill-time']).toEqual({ N: '1' });
});
