// How a person wants a list of things: which columns in which order, how many rows a page, whether
// long lines wrap. Kept in the browser for each list. Where nobody has chosen, narrow screens begin
// with the columns that matter most.
//
// SPDX-License-Identifier: Apache-2.0
import type { CollectionPreferencesProps } from '@cloudscape-design/components/collection-preferences';
import { useState } from 'react';

export interface TablePreferences {
  pageSize: number;
  wrapLines: boolean;
  contentDisplay: readonly { id: string; visible: boolean }[];
}

export interface ColumnChoice {
  id: string;
  /** Seen at first: always, on screens wide enough, or only when asked for. */
  at: 'any' | 'wide' | 'asked';
}

export const PAGE_SIZES = [10, 20, 50, 100];
const START_SIZE = 20;
const NARROW_PX = 700;
const keyOf = (id: string) => `tropic-list-${id}`;

export function startPreferences(columns: ColumnChoice[], narrow: boolean): TablePreferences {
  return {
    pageSize: START_SIZE,
    wrapLines: narrow,
    contentDisplay: columns.map(({ id, at }) => ({ id, visible: at === 'any' || (at === 'wide' && !narrow) })),
  };
}

/** What was kept, made to fit the columns there are now. */
export function mergedPreferences(start: TablePreferences, kept: unknown): TablePreferences {
  if (typeof kept !== 'object' || kept === null) return start;
  const { pageSize, wrapLines, contentDisplay } = kept as Partial<Record<keyof TablePreferences, unknown>>;
  const known = new Set(start.contentDisplay.map(({ id }) => id));
  const chosen = (Array.isArray(contentDisplay) ? contentDisplay : []).filter(
    (one: unknown): one is { id: string; visible: boolean } =>
      typeof one === 'object' && one !== null && 'id' in one && 'visible' in one && typeof one.id === 'string' && known.has(one.id) && typeof one.visible === 'boolean',
  );
  const has = new Set(chosen.map(({ id }) => id));
  return {
    pageSize: typeof pageSize === 'number' && PAGE_SIZES.includes(pageSize) ? pageSize : start.pageSize,
    wrapLines: typeof wrapLines === 'boolean' ? wrapLines : start.wrapLines,
    contentDisplay: [...chosen, ...start.contentDisplay.filter(({ id }) => !has.has(id))],
  };
}

function read(id: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(keyOf(id)) ?? 'null');
  } catch {
    return null; // storage is off, or what is in it is not ours
  }
}

export function useTablePreferences(id: string, columns: ColumnChoice[]): [TablePreferences, (chosen: CollectionPreferencesProps.Preferences) => void] {
  const [preferences, set] = useState(() => mergedPreferences(startPreferences(columns, window.innerWidth < NARROW_PX), read(id)));
  return [
    preferences,
    (chosen) => {
      const next = mergedPreferences(preferences, chosen);
      set(next);
      try {
        localStorage.setItem(keyOf(id), JSON.stringify(next));
      } catch {
        // it lasts as long as the page then
      }
    },
  ];
}
