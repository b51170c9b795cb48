// Two states of one item side by side; what differs is marked in words and by a badge, not by colour
// alone.
//
// SPDX-License-Identifier: Apache-2.0
import Badge, { type BadgeProps } from '@cloudscape-design/components/badge';
import Table from '@cloudscape-design/components/table';

import { diffItems, type AttributeDiff, type Texts } from '../model/itemDiff';
import { NONE } from '../model/units';
import { Mono } from '.';

const CHANGES: Record<AttributeDiff['change'], { label: string; color: BadgeProps['color'] }> = {
  same: { label: 'Same', color: 'grey' },
  changed: { label: 'Changed', color: 'severity-medium' },
  added: { label: 'Added', color: 'green' },
  removed: { label: 'Removed', color: 'red' },
};

interface Side {
  name: string;
  /** null: there is no item. */
  item: Texts | null;
}

export function ItemDiff({ label, left, right }: { label: string; left: Side; right: Side }) {
  const value = (side: Side, text: string | undefined) =>
    side.item === null ? 'No item' : text === undefined ? NONE : <Mono>{text}</Mono>;
  return (
    <Table
      variant="embedded"
      items={diffItems(left.item, right.item)}
      trackBy="name"
      wrapLines
      ariaLabels={{ tableLabel: label }}
      columnDefinitions={[
        { id: 'name', header: 'Attribute', isRowHeader: true, cell: ({ name }) => name },
        { id: 'left', header: left.name, cell: (row) => value(left, row.left) },
        { id: 'right', header: right.name, cell: (row) => value(right, row.right) },
        { id: 'change', header: 'Change', cell: ({ change }) => <Badge color={CHANGES[change].color}>{CHANGES[change].label}</Badge> },
      ]}
    />
  );
}
