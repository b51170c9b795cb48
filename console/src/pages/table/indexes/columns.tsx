// What the list of indexes says about each.
//
// SPDX-License-Identifier: Apache-2.0
import type { GlobalSecondaryIndexDescription, LocalSecondaryIndexDescription, TableDescription } from '@aws-sdk/client-dynamodb';

import { capacityText, KEY_TYPES, keyParts, modeOf, PROJECTIONS, warmText, type KeyPart } from '../../../model/tables';
import { bytes, count, counted, NONE } from '../../../model/units';
import { ResourceStatus } from '../../../widgets';
import { Copyable } from '../../../widgets/Copyable';
import type { Column } from '../../../widgets/data-table';

export type IndexRow = { name: string; table: TableDescription } & (
  | { scope: 'global'; index: GlobalSecondaryIndexDescription }
  | { scope: 'local'; index: LocalSecondaryIndexDescription }
);

export function indexRows(table: TableDescription): IndexRow[] {
  return [
    ...(table.GlobalSecondaryIndexes ?? []).map((index) => ({ scope: 'global' as const, name: index.IndexName ?? '', table, index })),
    ...(table.LocalSecondaryIndexes ?? []).map((index) => ({ scope: 'local' as const, name: index.IndexName ?? '', table, index })),
  ];
}

function keyText({ table, index }: IndexRow, role: KeyPart['role']): string {
  const parts = keyParts(index.KeySchema, table.AttributeDefinitions).filter((part) => part.role === role);
  return parts.map(({ name, type }) => `${name} (${KEY_TYPES[type]})`).join(', ') || NONE;
}

function projectionText({ index: { Projection: projection } }: IndexRow): string {
  const kind = projection?.ProjectionType;
  if (!kind) return NONE;
  return PROJECTIONS[kind].label + (kind === 'INCLUDE' ? `: ${(projection.NonKeyAttributes ?? []).join(', ')}` : '');
}

function Status({ row }: { row: IndexRow }) {
  // Local indexes are made with the table and have no state of their own.
  if (row.scope === 'local') return <ResourceStatus status="ACTIVE" />;
  const { IndexStatus, Backfilling, ItemCount } = row.index;
  return (
    <>
      <ResourceStatus status={IndexStatus} />
      {Backfilling ? <div>Filling: {counted(ItemCount ?? 0, 'item')} so far</div> : null}
    </>
  );
}

export const INDEX_COLUMNS: Column<IndexRow>[] = [
  { id: 'name', header: 'Name', at: 'any', minWidth: 150, maxWidth: 420, isRowHeader: true, sort: ({ name }) => name, cell: ({ name }) => name },
  { id: 'status', header: 'Status', at: 'any', minWidth: 130, cell: (row) => <Status row={row} /> },
  { id: 'scope', header: 'Type', at: 'wide', minWidth: 80, sort: ({ scope }) => scope, cell: ({ scope }) => (scope === 'global' ? 'Global' : 'Local') },
  { id: 'partition', header: 'Partition key', at: 'any', minWidth: 150, cell: (row) => keyText(row, 'partition') },
  { id: 'sort', header: 'Sort key', at: 'wide', minWidth: 130, cell: (row) => keyText(row, 'sort') },
  { id: 'projection', header: 'Projection', at: 'wide', minWidth: 120, cell: projectionText },
  { id: 'items', header: 'Items', at: 'wide', minWidth: 90, sort: ({ index }) => index.ItemCount ?? 0, cell: ({ index }) => count(index.ItemCount) },
  { id: 'size', header: 'Size', at: 'wide', minWidth: 90, sort: ({ index }) => index.IndexSizeBytes ?? 0, cell: ({ index }) => bytes(index.IndexSizeBytes) },
  {
    id: 'capacity', header: 'Capacity', at: 'wide', minWidth: 180,
    cell: ({ scope, table, index }) => (scope === 'global' ? capacityText(modeOf(table), index) : 'That of the table'),
  },
  { id: 'warm', header: 'Warm throughput', at: 'asked', minWidth: 180, cell: ({ scope, index }) => (scope === 'global' ? warmText(index) : NONE) },
  { id: 'arn', header: 'ARN', at: 'asked', minWidth: 240, cell: ({ index }) => <Copyable value={index.IndexArn} what="ARN" /> },
];
