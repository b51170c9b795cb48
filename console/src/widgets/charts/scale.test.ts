// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { lastOf, linePath, niceTicks, timeTicks } from './scale';

describe('axes', () => {
  it('count in steps of 1, 2 and 5, to the greatest value at least', () => {
    expect(niceTicks(37)).toEqual([0, 10, 20, 30, 40]);
    expect(niceTicks(0.7)).toEqual([0, 0.2, 0.4, 0.6, 0.8].map((one) => expect.closeTo(one) as number));
    expect(niceTicks(40)).toEqual([0, 10, 20, 30, 40]);
    expect(niceTicks(0)).toEqual([0, 1]);
    for (const greatest of [1, 3, 9.99, 123, 98_765]) expect(niceTicks(greatest).at(-1)).toBeGreaterThanOrEqual(greatest);
  });
  it('do not write half a thing', () => {
    expect(niceTicks(1, 4, 10, 1)).toEqual([0, 1]);
    expect(niceTicks(3, 4, 10, 1)).toEqual([0, 1, 2, 3]);
  });
  it('count bytes in powers of two', () => {
    expect(niceTicks(3_000_000, 4, 1024)).toEqual([0, 1, 2, 3].map((mb) => mb * 1024 ** 2));
  });
  it('have whole minutes, and not more than there is room for', () => {
    const from = 12 * 3_600_000 + 17_000;
    expect(timeTicks(from, from + 300_000, 6).map((at) => at % 60_000)).toEqual([0, 0, 0, 0, 0]);
    expect(timeTicks(from, from + 3_600_000, 6)).toHaveLength(6);
    expect(timeTicks(from, from + 3_600_000, 3).length).toBeLessThanOrEqual(3);
  });
});

describe('a line', () => {
  const path = (values: (number | null)[]) => linePath(values, (at) => at, (value) => value);
  it('has a gap where there is no value', () => {
    expect(path([1, 2, null, 3, 4])).toBe('M0.0,1.0L1.0,2.0M3.0,3.0L4.0,4.0');
  });
  it('shows a value that stands alone', () => {
    expect(path([null, 5, null])).toBe('M1.0,5.0h0');
    expect(path([null, null])).toBe('');
  });
  it('knows its last value', () => {
    expect(lastOf([1, 2, null])).toBe(2);
    expect(lastOf([null])).toBeNull();
  });
});
