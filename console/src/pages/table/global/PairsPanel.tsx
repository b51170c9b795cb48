// Replication between each two replicas, one row a direction, as far as this server knows.
//
// SPDX-License-Identifier: Apache-2.0
import Header from '@cloudscape-design/components/header';
import Table, { type TableProps } from '@cloudscape-design/components/table';

import { DIRECTION_NUMBERS } from '../../../model/linkNumbers';
import type { Direction } from '../../../model/links';
import { LinkIndicator } from '../../../widgets/LinkIndicator';

/** What says how a link is, rather than how this table fares, is seen on the globe. */
const OF_THE_LINK = ['bytes', 'skew'];

const COLUMNS: TableProps.ColumnDefinition<Direction>[] = [
  { id: 'from', header: 'From', isRowHeader: true, minWidth: 130, cell: ({ from }) => from },
  { id: 'to', header: 'To', minWidth: 130, cell: ({ to }) => to },
  { id: 'state', header: 'Link', minWidth: 150, cell: ({ state }) => <LinkIndicator state={state} /> },
  ...DIRECTION_NUMBERS.filter(({ id }) => !OF_THE_LINK.includes(id)).map(({ id, label, value }) => ({ id, header: label, cell: value })),
];

export function PairsPanel({ rows }: { rows: Direction[] }) {
  return (
    <Table
      items={rows}
      trackBy={({ from, to }) => `${from} ${to}`}
      columnDefinitions={COLUMNS}
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: 'Replication between Regions' }}
      header={
        <Header variant="h2" counter={`(${rows.length})`} description="Each direction by itself. What only another server knows is left open.">
          Replication between Regions
        </Header>
      }
    />
  );
}
