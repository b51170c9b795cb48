// Writes that lost to a concurrent write of another Region. The Region that had accepted the loser
// keeps it, so each Region has a log of its own; only Regions of this server can be asked.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { ConflictPage } from '../../../api/admin-types';
import { useSession } from '../../../api/session';
import { useStatus } from '../../../live/hooks';
import { PACE } from '../../../live/query';
import { doneTo, whereOf } from '../../../model/conflicts';
import { memberRegions } from '../../../model/replicas';
import { counted } from '../../../model/units';
import { EmptyState, ErrorAlert, Mono, Time } from '../../../widgets';
import { ConflictDetails } from './ConflictDetails';

export type Conflict = ConflictPage['conflicts'][number];

const PAGE = 20;


const columnsWith = (open: (conflict: Conflict) => void): TableProps.ColumnDefinition<Conflict>[] => [
  { id: 'at', header: 'Met at', cell: ({ at_ms }) => <Time at={at_ms} /> },
  { id: 'key', header: 'Key', isRowHeader: true, cell: ({ key }) => <Mono>{JSON.stringify(key)}</Mono> },
  { id: 'winner', header: 'Winner', cell: ({ winner }) => `${doneTo(winner)} in ${whereOf(winner)}` },
  { id: 'loser', header: 'Loser', cell: ({ loser }) => `${doneTo(loser)} in ${whereOf(loser)}` },
  {
    id: 'details',
    header: 'Details',
    cell: (conflict) => (
      <Button variant="inline-link" ariaLabel={`Compare both writes of ${JSON.stringify(conflict.key)}`} onClick={() => open(conflict)}>
        Compare
      </Button>
    ),
  },
];

export function ConflictsPanel({ region, table }: { region: string; table: TableDescription }) {
  const { admin } = useSession();
  const name = table.TableName ?? '';
  const hosted = useStatus().data?.regions.map((one) => one.name) ?? [];
  const regions = memberRegions(region, table).filter((one) => hosted.includes(one));
  const [chosen, setChosen] = useState(region);
  // Where each page that was seen begins: the log only goes on.
  const [starts, setStarts] = useState([0]);
  const [page, setPage] = useState(1);
  const [open, setOpen] = useState<Conflict | null>(null);
  const after = starts[page - 1] ?? 0;
  const { data, error, isPending } = useQuery({
    queryKey: [chosen, 'conflicts', name, after],
    queryFn: () => admin.conflicts({ table: name, region: chosen, after, limit: PAGE }),
    refetchInterval: PACE.calm,
    placeholderData: keepPreviousData,
  });

  function turn(to: number) {
    if (to > starts.length) {
      if (!data?.more) return;
      setStarts([...starts, data.after]);
    }
    setPage(to);
  }

  return (
    <>
      <Table
        items={data?.conflicts ?? []}
        trackBy={({ sequence }) => String(sequence)}
        columnDefinitions={columnsWith(setOpen)}
        loading={isPending}
        loadingText="Reading the log"
        enableKeyboardNavigation
        ariaLabels={{ tableLabel: 'Conflicts' }}
        empty={
          error ? (
            <ErrorAlert error={error} header="The log could not be read" />
          ) : (
            <EmptyState title={`No write of ${chosen} has lost`}>
              When two Regions write one item at the same time, the later write wins everywhere and the other is listed here.
            </EmptyState>
          )
        }
        header={
          <Header
            variant="h2"
            counter={data ? `(${counted(data.met, 'met', 'met')} in ${data.region})` : undefined}
            description="Writes that lost to a later one of another Region, where they had been accepted."
          >
            Conflicts
          </Header>
        }
        filter={
          regions.length > 1 ? (
            <FormField label="Accepted in">
              <Select
                options={regions.map((value) => ({ value, label: value }))}
                selectedOption={{ value: chosen, label: chosen }}
                onChange={({ detail }) => {
                  setChosen(detail.selectedOption.value ?? region);
                  setStarts([0]);
                  setPage(1);
                }}
              />
            </FormField>
          ) : undefined
        }
        pagination={
          data && (data.more || page > 1) ? (
            <Pagination
              currentPageIndex={page}
              pagesCount={starts.length}
              openEnd={data.more && page === starts.length}
              onChange={({ detail }) => turn(detail.currentPageIndex)}
              ariaLabels={{ paginationLabel: 'Pages of conflicts' }}
            />
          ) : undefined
        }
        footer={
          data && data.met > 0 && data.conflicts.length === 0 ? (
            <Box textAlign="center">
              <SpaceBetween size="xxs">{`${counted(data.met, 'conflict')} met here: the losers are in the logs of other Regions.`}</SpaceBetween>
            </Box>
          ) : undefined
        }
      />
      {open ? <ConflictDetails conflict={open} onClose={() => setOpen(null)} /> : null}
    </>
  );
}
