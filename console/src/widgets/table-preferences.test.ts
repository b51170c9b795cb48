// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { mergedPreferences, startPreferences } from './table-preferences';

const columns = [{ id: 'name', at: 'any' }, { id: 'size', at: 'wide' }, { id: 'arn', at: 'asked' }] as const;
const visible = (preferences: ReturnType<typeof startPreferences>) =>
  preferences.contentDisplay.filter((one) => one.visible).map(({ id }) => id);

it('begins with what the screen has room for', () => {
  expect(visible(startPreferences([...columns], false))).toEqual(['name', 'size']);
  expect(visible(startPreferences([...columns], true))).toEqual(['name']);
  expect(startPreferences([...columns], true).wrapLines).toBe(true);
});

it('keeps what was chosen, and shows columns that are new since', () => {
  const start = startPreferences([...columns], false);
  const merged = mergedPreferences(start, {
    pageSize: 50, wrapLines: true, contentDisplay: [{ id: 'gone', visible: true }, { id: 'arn', visible: true }, { id: 'name', visible: false }],
  });
  expect(merged.contentDisplay).toEqual([{ id: 'arn', visible: true }, { id: 'name', visible: false }, { id: 'size', visible: true }]);
  expect(merged.pageSize).toBe(50);
});

it('does not trust what it finds', () => {
  const start = startPreferences([...columns], false);
  for (const kept of [null, 3, 'x', [], { pageSize: 7, wrapLines: 'no', contentDisplay: 'all' }, { contentDisplay: [null, 1, { id: 'name' }] }])
    expect(mergedPreferences(start, kept)).toEqual(start);
});
