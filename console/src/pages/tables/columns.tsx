// What the list of tables says about each. Names, numbers and states are of all tables; the rest is
// known of those that the page shows, which alone are described.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import Popover from '@cloudscape-design/components/popover';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReactNode } from 'react';

import type { StatusTable } from '../../api/admin-types';
import { Link } from '../../app/navigation';
import { to } from '../../app/routes';
import { KEY_TYPES, MODES, modeOf, STREAM_VIEWS, tableClass, tableKey, type KeyPart } from '../../model/tables';
import { bytes, count, counted, NONE } from '../../model/units';
import { ResourceStatus } from '../../widgets';
import type { Column } from '../../widgets/data-table';
import { TableStatus } from './TableStatus';

export interface TableRow {
  name: string;
  numbers: StatusTable | undefined;
  /** Undefined until it is described; null: it is gone. */
  table?: TableDescription | null;
}

/** `say` of the description, once it is there. */
const described = (say: (table: TableDescription) => ReactNode) => ({ table }: TableRow) => (table ? say(table) : NONE);

function keyOf(table: TableDescription, role: KeyPart['role']): ReactNode {
  const parts = tableKey(table).filter((part) => part.role === role);
  return parts.length > 0 ? parts.map(({ name, type }) => `${name} (${KEY_TYPES[type]})`).join(', ') : NONE;
}

function Replicas({ table }: { table: TableDescription }) {
  const replicas = table.Replicas ?? [];
  if (replicas.length === 0) return <>{NONE}</>;
  const moving = replicas.find(({ ReplicaStatus }) => ReplicaStatus !== 'ACTIVE');
  return (
    <Popover
      header="Replicas in other Regions"
      triggerType="text"
      dismissAriaLabel="Close"
      content={
        <SpaceBetween size="xs">
          {replicas.map((replica) => (
            <div key={replica.RegionName}>
              {replica.RegionName} <ResourceStatus status={replica.ReplicaStatus} percent={replica.ReplicaStatusPercentProgress} />
            </div>
          ))}
        </SpaceBetween>
      }
    >
      {moving ? (
        <ResourceStatus status={moving.ReplicaStatus} percent={moving.ReplicaStatusPercentProgress} />
      ) : (
        counted(replicas.length, 'Region')
      )}
    </Popover>
  );
}

export function tableColumns(region: string): Column<TableRow>[] {
  return [
    {
      id: 'name', header: 'Name', at: 'any', minWidth: 160, maxWidth: 420, isRowHeader: true,
      sort: ({ name }) => name,
      cell: ({ name }) => <Link to={to.table(region, name)}>{name}</Link>,
    },
    {
      id: 'status', header: 'Status', at: 'any', minWidth: 120,
      sort: ({ numbers }) => numbers?.status ?? '',
      cell: ({ table, numbers }) => (table ? <TableStatus region={region} table={table} /> : <ResourceStatus status={numbers?.status} />),
    },
    { id: 'partition', header: 'Partition key', at: 'wide', minWidth: 130, cell: described((table) => keyOf(table, 'partition')) },
    { id: 'sort', header: 'Sort key', at: 'wide', minWidth: 130, cell: described((table) => keyOf(table, 'sort')) },
    {
      id: 'indexes', header: 'Indexes', at: 'wide', minWidth: 90,
      cell: described((table) => count((table.GlobalSecondaryIndexes?.length ?? 0) + (table.LocalSecondaryIndexes?.length ?? 0))),
    },
    { id: 'replicas', header: 'Replicas', at: 'wide', minWidth: 110, cell: described((table) => <Replicas table={table} />) },
    {
      id: 'items', header: 'Items', at: 'any', minWidth: 90,
      sort: ({ numbers }) => numbers?.items ?? 0,
      cell: ({ numbers, table }) => count(numbers?.items ?? table?.ItemCount),
    },
    {
      id: 'size', header: 'Size', at: 'wide', minWidth: 100,
      sort: ({ numbers }) => numbers?.bytes ?? 0,
      cell: ({ numbers, table }) => bytes(numbers?.bytes ?? table?.TableSizeBytes),
    },
    { id: 'mode', header: 'Capacity mode', at: 'wide', minWidth: 130, cell: described((table) => MODES[modeOf(table)]) },
    { id: 'stream', header: 'Stream', at: 'asked', minWidth: 120, cell: described((table) => STREAM_VIEWS[table.StreamSpecification?.StreamViewType ?? ''] ?? 'Off') },
    {
      id: 'protection', header: 'Deletion protection', at: 'wide', minWidth: 130,
      cell: described((table) => (
        <StatusIndicator type={table.DeletionProtectionEnabled ? 'success' : 'stopped'}>{table.DeletionProtectionEnabled ? 'On' : 'Off'}</StatusIndicator>
      )),
    },
    { id: 'class', header: 'Table class', at: 'asked', minWidth: 160, cell: described((table) => tableClass(table.TableClassSummary?.TableClass)) },
  ];
}
