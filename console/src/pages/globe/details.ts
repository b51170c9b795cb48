// What is said about a Region or a link: in the box beside the pointer, and to who listens instead
// of looking. One text for both.
//
// SPDX-License-Identifier: Apache-2.0
import { DIRECTION_NUMBERS } from '../../model/linkNumbers';
import { LINK_CLASSES, type LinkView } from '../../model/links';
import { HEALTHS, isAway, regionTitle, type RegionView } from '../../model/regions';
import { count, rate } from '../../model/units';

export interface Details {
  title: string;
  subtitle: string;
  columns: string[];
  rows: { label: string; values: string[] }[];
}

export function linkDetails({ a, b, state, directions }: LinkView): Details {
  return {
    title: `${a} and ${b}`,
    subtitle: `${LINK_CLASSES[state].label}: ${LINK_CLASSES[state].meaning}`,
    columns: [`to ${b}`, `to ${a}`],
    rows: DIRECTION_NUMBERS.map(({ label, value }) => ({ label, values: directions.map(value) })),
  };
}

export interface RegionNumbers {
  tables: number | null;
  items: number | null;
  requests: number | null;
}

export function regionDetails(region: RegionView, numbers: RegionNumbers, hasReplica: boolean | null): Details {
  const { label, meaning } = HEALTHS[region.health];
  const rows = [
    { label: 'Tables', values: [count(numbers.tables)] },
    { label: 'Items', values: [count(numbers.items)] },
    { label: 'Requests now', values: [rate(numbers.requests)] },
  ];
  return {
    title: regionTitle(region),
    subtitle: [
      `${label}: ${meaning}`,
      region.isolated && !isAway(region.health) ? 'cut off from all others' : '',
      hasReplica === false ? 'no replica of this table' : '',
    ]
      .filter(Boolean)
      .join('; '),
    columns: [],
    rows,
  };
}

/** The same in a sentence. */
export function spoken({ title, subtitle, columns, rows }: Details): string {
  const parts = rows.map(({ label, values }) =>
    values.length === 1 ? `${label} ${values[0]}` : `${label} ${values.map((value, at) => `${value} ${columns[at]}`).join(', ')}`,
  );
  return `${title}. ${subtitle}. ${parts.join('. ')}.`;
}

