// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { verdictOf } from './verdict';

const replica = (region: string, digest: string, reached = true, kept_sums_right = true) => ({ region, reached, items: 2, digest, kept_sums_right });
const verdict = (equal: boolean, ...regions: ReturnType<typeof replica>[]) => verdictOf({ table: 't', here: 'us', equal, regions, differences: [] });

it('tells equal, different, damaged and incomplete apart', () => {
  expect(verdict(true, replica('us', 'a'), replica('eu', 'a'))).toMatchObject({ type: 'success', text: '2 replicas, 2 items in each.' });
  expect(verdict(false, replica('us', 'a'), replica('eu', 'b'))).toMatchObject({ header: 'Replicas differ' });
  expect(verdict(false, replica('us', 'a'), replica('eu', 'a', true, false))).toMatchObject({ header: 'A replica is damaged' });
  const some = verdict(false, replica('us', 'a'), replica('eu', 'a'), replica('ap', '0', false, false));
  expect(some).toMatchObject({ type: 'warning' });
  expect(some.text).toMatch(/are equal, 2 items in each\. ap could not be reached/);
  expect(verdict(false, replica('us', 'a'), replica('ap', '0', false, false)).text).toMatch(/nothing to compare/);
});

it('does not take an absent replica for a difference', () => {
  expect(verdict(false, replica('us', 'a'), replica('ap', '0', false, false)).header).toBe('Not all replicas could be asked');
});
