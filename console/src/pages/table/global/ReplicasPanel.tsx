// The replicas, this Region's too: what state each is in, what it has of its own, and how far behind
// it is.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useState, type ReactNode } from 'react';
import { useHref } from 'react-router';

import type { Status } from '../../../api/admin-types';
import { useFollow } from '../../../app/navigation';
import { to } from '../../../app/routes';
import type { ReplicaRow } from '../../../model/replicas';
import { tableClass } from '../../../model/tables';
import { count, counted, milliseconds, NONE } from '../../../model/units';
import { ResourceStatus, Time } from '../../../widgets';
import { LinkIndicator } from '../../../widgets/LinkIndicator';
import { DeleteReplica } from './DeleteReplica';
import { EditReplica } from './EditReplica';

const signed = (value: number): string => (value > 0 ? `+${count(value)}` : `−${count(-value)}`);

function RegionCell({ row, place }: { row: ReplicaRow; place: string | null | undefined }) {
  return (
    <SpaceBetween size="xxxs">
      <Box>
        {row.region} {row.here ? <Badge color="blue">This Region</Badge> : null}
      </Box>
      {place ? <Box variant="small">{place}</Box> : null}
    </SpaceBetween>
  );
}

function StatusCell({ row }: { row: ReplicaRow }) {
  return (
    <SpaceBetween size="xxxs">
      <ResourceStatus status={row.status} percent={row.percent} />
      {row.link === 'cut' || row.link === 'down' ? (
        <Box>
          Link: <LinkIndicator state={row.link} />
        </Box>
      ) : null}
      {row.inaccessibleSince ? (
        <Box variant="small">
          Since <Time at={row.inaccessibleSince} />
        </Box>
      ) : null}
      {row.description ? <Box variant="small">{row.description}</Box> : null}
    </SpaceBetween>
  );
}

function overridesOf(row: ReplicaRow): ReactNode {
  if (row.readOverride !== null) return counted(row.readOverride, 'unit');
  if (row.onDemandReadOverride !== null) return `at most ${counted(row.onDemandReadOverride, 'unit')}`;
  return row.here ? NONE : 'As the table';
}

function columnsWith(status: Status | undefined): TableProps.ColumnDefinition<ReplicaRow>[] {
  return [
    { id: 'region', header: 'Region', isRowHeader: true, minWidth: 200, cell: (row) => <RegionCell row={row} place={status?.places.find(({ region }) => region === row.region)?.place} /> },
    { id: 'status', header: 'Status', cell: (row) => <StatusCell row={row} /> },
    { id: 'class', header: 'Table class', cell: (row) => tableClass(row.tableClass) },
    { id: 'read', header: 'Read capacity', cell: overridesOf },
    {
      id: 'items',
      header: 'Items',
      cell: (row) => (
        <>
          {count(row.items)} {row.itemsMore ? <Badge color="severity-medium">{signed(row.itemsMore)}</Badge> : null}
        </>
      ),
    },
    {
      id: 'lag',
      header: 'Lag p50 / p99',
      cell: (row) => (row.lagP99 === null ? NONE : `${milliseconds(row.lagP50)} / ${milliseconds(row.lagP99)}`),
    },
    { id: 'pending', header: 'Pending changes', cell: (row) => count(row.pending) },
    { id: 'conflicts', header: 'Conflicts', cell: (row) => count(row.conflicts) },
  ];
}

interface Props {
  region: string;
  table: TableDescription;
  rows: ReplicaRow[];
  status: Status | undefined;
  /** Why the replicas cannot be changed now. */
  blocked: string | null;
}

export function ReplicasPanel({ region, table, rows, status, blocked }: Props) {
  const follow = useFollow();
  const create = to.createReplica(region, table.TableName ?? '');
  const createHref = useHref(create);
  const [chosenRegion, setChosenRegion] = useState<string | null>(null);
  const [dialog, setDialog] = useState<{ kind: 'edit' | 'delete'; target: string } | null>(null);
  const chosen = rows.find((row) => row.region === chosenRegion);
  const replica = table.Replicas?.find(({ RegionName }) => RegionName === (dialog?.target ?? chosenRegion));
  const openDialog = (kind: 'edit' | 'delete') => chosen && setDialog({ kind, target: chosen.region });
  const why = (ownRegion: string) => (!chosen ? 'Choose a replica first' : chosen.here ? ownRegion : undefined);
  const whyNoEdit = why('Settings of this Region are changed under Additional settings, or from another Region');
  const whyNoDelete = why('The replica of this Region is deleted with Actions, Delete table, or from another Region');

  return (
    <>
      <Table
        items={rows}
        trackBy="region"
        columnDefinitions={columnsWith(status)}
        selectionType="single"
        selectedItems={chosen ? [chosen] : []}
        onSelectionChange={({ detail }) => setChosenRegion(detail.selectedItems[0]?.region ?? null)}
        enableKeyboardNavigation
        ariaLabels={{
          tableLabel: 'Replicas',
          selectionGroupLabel: 'Choose a replica',
          itemSelectionLabel: (_, row) => `Choose the replica in ${row.region}`,
        }}
        header={
          <Header
            variant="h2"
            counter={`(${rows.length})`}
            description="Lag: from a commit elsewhere to the commit in the Region, in the last minute. Pending: changes that have not arrived there yet."
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button disabled={!!whyNoEdit} disabledReason={whyNoEdit} onClick={() => openDialog('edit')}>
                  Edit replica
                </Button>
                <Button disabled={!!whyNoDelete} disabledReason={whyNoDelete} onClick={() => openDialog('delete')}>
                  Delete replica
                </Button>
                <Button variant="primary" href={createHref} onFollow={follow(create)} disabled={!!blocked} disabledReason={blocked ?? undefined}>
                  Create replica
                </Button>
              </SpaceBetween>
            }
          >
            Replicas
          </Header>
        }
      />
      {dialog?.kind === 'edit' && replica ? (
        <EditReplica region={region} table={table} replica={replica} onClose={() => setDialog(null)} />
      ) : null}
      {dialog?.kind === 'delete' ? (
        <DeleteReplica region={region} table={table} target={dialog.target} blocked={blocked} onClose={() => setDialog(null)} />
      ) : null}
    </>
  );
}
