// The Regions that the deployment knows, with what this server knows of each.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import type { ReactNode } from 'react';

import type { Status } from '../../api/admin-types';
import { ElsewhereLink, Link } from '../../app/navigation';
import { to } from '../../app/routes';
import { regionsOf, type RegionView } from '../../model/regions';
import { bytes, count, counted, duration, NONE, rate } from '../../model/units';
import { HealthIndicator } from '../../widgets/HealthIndicator';

interface Row extends RegionView {
  tables: number;
  items: number;
  bytes: number;
  requests: number | null;
}

/** A Region that is not open has what it had; the server does not look into it, and says 0. */
const ifOpen = ({ status }: Row, said: ReactNode): ReactNode => (status?.state === 'open' ? said : NONE);

const columns: TableProps.ColumnDefinition<Row>[] = [
  {
    id: 'region', header: 'Region', isRowHeader: true, minWidth: 160,
    cell: (row) => (
      <>
        {row.hosted ? <Link to={to.dashboard(row.region)}>{row.region}</Link> : row.console ? <ElsewhereLink place={row}>{row.region}</ElsewhereLink> : row.region}
        {row.place ? <Box variant="small" display="block">{row.place}</Box> : null}
      </>
    ),
  },
  { id: 'state', header: 'State', minWidth: 130, cell: ({ health }) => <HealthIndicator health={health} /> },
  {
    id: 'tables', header: 'Tables', minWidth: 110,
    cell: (row) => ifOpen(row, <Link to={to.tables(row.region)}>{counted(row.tables, 'table')}</Link>),
  },
  { id: 'items', header: 'Items', minWidth: 100, cell: (row) => ifOpen(row, count(row.items)) },
  { id: 'size', header: 'Size', minWidth: 100, cell: (row) => ifOpen(row, bytes(row.bytes)) },
  { id: 'requests', header: 'Requests now', minWidth: 130, cell: ({ hosted, requests }) => (hosted ? rate(requests) : NONE) },
  {
    id: 'clock', header: 'Clock moved by', minWidth: 140,
    cell: ({ status }) => (status ? (status.clock_offset_ms === 0 ? 'Not moved' : duration(status.clock_offset_ms)) : NONE),
  },
];

export function RegionsTable({ status, requestsNow }: { status: Status; requestsNow: (region: string) => number | null }) {
  const rows = regionsOf(status).map((region): Row => {
    const tables = status.tables.filter((table) => table.region === region.region);
    return {
      ...region,
      tables: tables.length,
      items: tables.reduce((sum, table) => sum + table.items, 0),
      bytes: tables.reduce((sum, table) => sum + table.bytes, 0),
      requests: requestsNow(region.region),
    };
  });
  const shown = status.mode === 'dev' ? columns : columns.filter(({ id }) => id !== 'clock');

  return (
    <Table
      trackBy="region"
      header={<Header variant="h2" counter={`(${rows.length})`}>Regions</Header>}
      items={rows}
      columnDefinitions={shown}
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: 'Regions' }}
    />
  );
}
