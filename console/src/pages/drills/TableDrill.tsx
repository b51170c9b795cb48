// One global table while there is trouble: how many items each replica has, what is on its way, and
// proof that they are equal in the end.
//
// SPDX-License-Identifier: Apache-2.0
import Badge from '@cloudscape-design/components/badge';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useState } from 'react';

import type { Status } from '../../api/admin-types';
import { Link, useRegion } from '../../app/navigation';
import { to } from '../../app/routes';
import { globalTables, replicaCounts, type ReplicaCount } from '../../model/drills';
import { count, milliseconds } from '../../model/units';
import { EmptyState } from '../../widgets';
import { VerifyPanel } from '../table/global/VerifyPanel';
import { Writer } from './Writer';

const COLUMNS: TableProps.ColumnDefinition<ReplicaCount>[] = [
  { id: 'region', header: 'Region', isRowHeader: true, cell: ({ region }) => region },
  {
    id: 'items',
    header: 'Items',
    cell: ({ items, fewer }) => (
      <>
        {count(items)} {fewer ? <Badge color="severity-medium">{`−${count(fewer)}`}</Badge> : null}
      </>
    ),
  },
  { id: 'leaving', header: 'Waiting to leave', cell: ({ leaving }) => count(leaving) },
  { id: 'arriving', header: 'Waiting to arrive', cell: ({ arriving }) => count(arriving) },
  { id: 'lag', header: 'Lag p99', cell: ({ lagP99 }) => milliseconds(lagP99) },
  { id: 'conflicts', header: 'Conflicts', cell: ({ conflicts }) => count(conflicts) },
];

export function TableDrill({ status }: { status: Status }) {
  const region = useRegion();
  const names = globalTables(status);
  const [chosen, setChosen] = useState<string | null>(null);
  const name = chosen && names.includes(chosen) ? chosen : names[0];

  if (!name)
    return (
      <Container header={<Header variant="h2">Replicas of a table</Header>}>
        <EmptyState title="There is no global table yet" action={<Link to={to.tables(region)}>Go to the tables</Link>}>
          Create a table, then a replica of it: here you can watch both part and meet again.
        </EmptyState>
      </Container>
    );
  return (
    <SpaceBetween size="l">
      <Table
        items={replicaCounts(status, name)}
        trackBy="region"
        columnDefinitions={COLUMNS}
        ariaLabels={{ tableLabel: `Replicas of ${name}` }}
        header={<Header variant="h2">Replicas of a table</Header>}
        filter={
          <FormField label="Table">
            <Select
              options={names.map((value) => ({ value, label: value }))}
              selectedOption={{ value: name, label: name }}
              onChange={({ detail }) => setChosen(detail.selectedOption.value ?? null)}
            />
          </FormField>
        }
      />
      <Writer key={`writer ${name}`} status={status} name={name} />
      <VerifyPanel key={`verify ${name}`} table={name} />
    </SpaceBetween>
  );
}
