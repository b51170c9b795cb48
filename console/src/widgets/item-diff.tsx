// Two states of one item side by side; what differs is said in words, not by colour alone.
//
// SPDX-License-Identifier: Apache-2.0
import Badge, { type BadgeProps } from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Table from '@cloudscape-design/components/table';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import type { Item } from '../model/item/attribute';
import { diffItems, type AttributeDiff } from '../model/item/diff';
import { NONE } from '../model/units';
import { AttributeCell } from './items/AttributeCell';

const CHANGES: Record<AttributeDiff['change'], { label: string; color: BadgeProps['color'] }> = {
  same: { label: 'Same', color: 'grey' },
  changed: { label: 'Changed', color: 'severity-medium' },
  added: { label: 'Added', color: 'green' },
  removed: { label: 'Removed', color: 'red' },
};

interface Side {
  name: string;
  /** null: there is no item. */
  item: Item | null;
}

export function ItemDiff({ label, left, right }: { label: string; left: Side; right: Side }) {
  const value = ({ item }: Side, attribute: AttributeValue | undefined) =>
    item === null ? (
      <Box variant="span" color="text-body-secondary">
        no item
      </Box>
    ) : attribute ? (
      <AttributeCell value={attribute} />
    ) : (
      NONE
    );
  return (
    <Table
      variant="embedded"
      items={diffItems(left.item, right.item)}
      trackBy="name"
      wrapLines
      ariaLabels={{ tableLabel: label }}
      empty="Neither has an attribute"
      columnDefinitions={[
        { id: 'name', header: 'Attribute', isRowHeader: true, cell: ({ name }) => name },
        { id: 'left', header: left.name, cell: (row) => value(left, row.left) },
        { id: 'right', header: right.name, cell: (row) => value(right, row.right) },
        { id: 'change', header: 'Change', cell: ({ change }) => <Badge color={CHANGES[change].color}>{CHANGES[change].label}</Badge> },
      ]}
    />
  );
}
