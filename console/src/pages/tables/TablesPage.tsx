// The tables of a Region. All names come from ListTables, all numbers from the status that the page
// asks for anyway; only the tables on the page of the list are described, however many there are.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo } from 'react';
import { useHref } from 'react-router';

import { useFollow, useRegion } from '../../app/navigation';
import { to } from '../../app/routes';
import { useStatus, useTableNames, useTables } from '../../live/hooks';
import { EmptyState, ErrorAlert } from '../../widgets';
import { DataTable, useDataTable } from '../../widgets/data-table';
import { TableActions } from '../table/TableActions';
import { tableColumns, type TableRow } from './columns';

function CreateButton({ region, variant }: { region: string; variant: 'primary' | 'normal' }) {
  const path = to.createTable(region);
  return (
    <Button variant={variant} href={useHref(path)} onFollow={useFollow()(path)}>
      Create table
    </Button>
  );
}

export default function TablesPage() {
  const region = useRegion();
  const { data: names, error, isPending } = useTableNames(region);
  const { data: status } = useStatus();
  const columns = useMemo(() => tableColumns(region), [region]);
  const rows = useMemo(() => {
    const numbers = new Map((status?.tables ?? []).filter((one) => one.region === region).map((one) => [one.name, one]));
    return (names ?? []).map((name): TableRow => ({ name, numbers: numbers.get(name) }));
  }, [names, status, region]);
  const list = useDataTable({
    id: 'tables',
    rows,
    columns,
    key: ({ name }) => name,
    text: ({ name }) => name,
    sortedBy: 'name',
    selectable: true,
    empty: (
      <EmptyState title={`No tables in ${region}`} action={<CreateButton region={region} variant="normal" />}>
        Create one here, or look at another Region: the switch is in the top bar.
      </EmptyState>
    ),
  });
  const descriptions = useTables(region, list.items.map(({ name }) => name));
  const items = list.items.map((row, at) => ({ ...row, table: descriptions[at]?.data }));
  const chosen = items.find(({ name }) => name === list.collectionProps.selectedItems?.[0]?.name)?.table;

  if (error && !names) return <ErrorAlert header="The tables could not be listed" error={error} />;
  return (
    <DataTable
      list={list}
      items={items}
      title="Tables"
      of={['table', 'tables']}
      headerVariant="h1"
      variant="full-page"
      loading={isPending}
      labelOf={({ name }) => name}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <TableActions region={region} table={chosen ?? undefined} />
          <CreateButton region={region} variant="primary" />
        </SpaceBetween>
      }
    />
  );
}
