// Secondary indexes: what there is and how far it is, making and deleting one, its capacity.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';

import { EmptyState } from '../../widgets';
import { DataTable, useDataTable } from '../../widgets/data-table';
import { INDEX_COLUMNS, indexRows } from './indexes/columns';
import { CreateIndex, DeleteIndex, EditIndex } from './indexes/forms';
import type { TabProps } from './tabs';

type Open = { form: 'edit' | 'delete'; name: string } | null;

export default function IndexesTab({ region, table }: TabProps) {
  const [parameters, setParameters] = useSearchParams();
  const [open, setOpen] = useState<Open>(null);
  const creating = parameters.has('create');
  const create = () => setParameters({ create: '' });
  const rows = useMemo(() => indexRows(table), [table]);
  const list = useDataTable({
    id: 'indexes',
    rows,
    columns: INDEX_COLUMNS,
    key: ({ name }) => name,
    text: ({ name }) => name,
    sortedBy: 'name',
    selectable: true,
    empty: (
      <EmptyState title="No indexes" action={<Button onClick={create}>Create index</Button>}>
        An index finds the items of the table by other attributes than its key.
      </EmptyState>
    ),
  });
  const chosen = rows.find(({ name }) => name === list.collectionProps.selectedItems?.[0]?.name);
  const why = !chosen ? 'Choose an index first' : chosen.scope === 'local' ? 'A local index lives and dies with its table' : undefined;
  const opened = open && rows.find(({ name }) => name === open.name);

  return (
    <>
      <DataTable
        list={list}
        title="Indexes"
        of={['index', 'indexes']}
        labelOf={({ name }) => name}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button disabled={why !== undefined} disabledReason={why} onClick={() => chosen && setOpen({ form: 'delete', name: chosen.name })}>
              Delete
            </Button>
            <Button disabled={why !== undefined} disabledReason={why} onClick={() => chosen && setOpen({ form: 'edit', name: chosen.name })}>
              Edit capacity
            </Button>
            <Button variant="primary" onClick={create}>
              Create index
            </Button>
          </SpaceBetween>
        }
      />
      {creating ? <CreateIndex region={region} table={table} onClose={() => setParameters({}, { replace: true })} /> : null}
      {open?.form === 'edit' && opened?.scope === 'global' ? (
        <EditIndex region={region} table={table} index={opened.index} onClose={() => setOpen(null)} />
      ) : null}
      {open?.form === 'delete' ? <DeleteIndex region={region} table={table} name={open.name} onClose={() => setOpen(null)} /> : null}
    </>
  );
}
