// Replication between each two replicas, one row a direction, as far as this server knows.
//
// SPDX-License-Identifier: Apache-2.0
import Header from '@cloudscape-design/components/header';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';

import { LINK_STATES } from '../../../model/connection';
import type { PairRow } from '../../../model/replicas';
import { count, milliseconds } from '../../../model/units';

const COLUMNS: TableProps.ColumnDefinition<PairRow>[] = [
  { id: 'from', header: 'From', isRowHeader: true, cell: ({ from }) => from },
  { id: 'to', header: 'To', cell: (row) => row.to },
  {
    id: 'link',
    header: 'Link',
    cell: ({ link }) => <StatusIndicator type={LINK_STATES[link].type}>{LINK_STATES[link].label}</StatusIndicator>,
  },
  { id: 'p50', header: 'Lag p50', cell: ({ lagP50 }) => milliseconds(lagP50) },
  { id: 'p99', header: 'Lag p99', cell: ({ lagP99 }) => milliseconds(lagP99) },
  { id: 'pending', header: 'Pending changes', cell: ({ pending }) => count(pending) },
  { id: 'applied', header: 'Applied', cell: ({ applied }) => count(applied) },
  { id: 'dropped', header: 'Older, dropped', cell: ({ dropped }) => count(dropped) },
  { id: 'conflicts', header: 'Conflicts', cell: ({ conflicts }) => count(conflicts) },
];

export function PairsPanel({ rows }: { rows: PairRow[] }) {
  return (
    <Table
      items={rows}
      trackBy={({ from, to }) => `${from} ${to}`}
      columnDefinitions={COLUMNS}
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: 'Replication between Regions' }}
      header={
        <Header
          variant="h2"
          counter={`(${rows.length})`}
          description="Changes that were applied, dropped as older than what was there, or in conflict, since the server's start."
        >
          Replication between Regions
        </Header>
      }
    />
  );
}
