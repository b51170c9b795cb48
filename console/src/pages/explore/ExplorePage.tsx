// Items by Scan and Query. The address holds the table and what is asked of it: running a query goes
// to its address, and whoever opens that address sees the same.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';

import './explore.css';
import { Link, useRegion, useTableName } from '../../app/navigation';
import { to } from '../../app/routes';
import { useTable, useTableNames } from '../../live/hooks';
import { attributesOf } from '../../model/query/columns';
import { fromParams, PAGE_SIZE, PAGE_SIZES, START, toParams, type ExploreQuery } from '../../model/query/query';
import { EmptyState, ErrorAlert } from '../../widgets';
import { MissingTable } from '../table/MissingTable';
import { useMedia } from '../../widgets/media';
import { QueryForm } from './QueryForm';
import { Results } from './Results';
import { TableList, TableSelect } from './TablePicker';
import { useRun } from './useRun';

const SIZE_PARAM = 'limit';
/** Items whose attribute names are offered. */
const SAMPLE = 500;

function readSize(params: URLSearchParams): number {
  return PAGE_SIZES.find((size) => String(size) === params.get(SIZE_PARAM)) ?? PAGE_SIZE;
}

function Explorer({ region, table }: { region: string; table: TableDescription }) {
  const [params, setParams] = useSearchParams();
  const search = params.toString();
  const query = useMemo(() => fromParams(new URLSearchParams(search)), [search]);
  const pageSize = readSize(params);
  const found = useRun(region, table, query, pageSize);
  const run = 'run' in found ? found.run : null;
  const asked = toParams(query).toString();
  const attributes = () =>
    attributesOf(run?.snapshot().items.slice(0, SAMPLE) ?? [], (table.AttributeDefinitions ?? []).map((one) => one.AttributeName ?? ''));

  function withSize(of: URLSearchParams, size: number): URLSearchParams {
    if (size !== PAGE_SIZE) of.set(SIZE_PARAM, String(size));
    return of;
  }

  function ask(next: ExploreQuery): void {
    const there = toParams(next);
    if (run && there.toString() === asked) void run.restart();
    else setParams(withSize(there, pageSize));
  }

  return (
    <SpaceBetween size="l">
      <QueryForm key={`ask ${asked}`} table={table} start={asked ? query : START} attributes={attributes} onRun={ask} />
      {run ? (
        <Results
          key={`found ${asked}`}
          region={region}
          table={table}
          query={query}
          run={run}
          pageSize={pageSize}
          onPageSize={(size) => setParams(withSize(toParams(query), size), { replace: true })}
        />
      ) : (
        <EmptyState title="Nothing was asked yet">Fill in the conditions above and choose Run.</EmptyState>
      )}
    </SpaceBetween>
  );
}

function OfTable({ region, name }: { region: string; name: string }) {
  const { data: table, error, isPending } = useTable(region, name);
  if (isPending) return <Spinner size="large" />;
  if (table === null) return <MissingTable region={region} name={name} />;
  if (!table) return <ErrorAlert header="The table could not be described" error={error} />;
  return <Explorer key={`${region}/${name}`} region={region} table={table} />;
}

export default function ExplorePage() {
  const region = useRegion();
  const name = useTableName();
  const wide = useMedia('(min-width: 1200px)');
  const { data: names, error } = useTableNames(region);
  const body = name ? (
    <OfTable region={region} name={name} />
  ) : (
    <EmptyState title="Choose a table to see its items" />
  );

  return (
    <ContentLayout
      header={
        <Header variant="h1" description={name ? <Link to={to.table(region, name)}>{`Table ${name}`}</Link> : undefined}>
          Explore items
        </Header>
      }
    >
      <SpaceBetween size="l">
        <ErrorAlert header="The tables could not be listed" error={names ? null : error} />
        {names?.length === 0 && !name ? (
          <EmptyState title={`${region} has no tables`} action={<Link to={to.createTable(region)}>Create table</Link>}>
            Items live in tables.
          </EmptyState>
        ) : wide ? (
          <div className="tropic-explore">
            <TableList region={region} names={names ?? []} chosen={name} />
            {body}
          </div>
        ) : (
          <SpaceBetween size="l">
            <TableSelect region={region} names={names ?? []} chosen={name} />
            {body}
          </SpaceBetween>
        )}
      </SpaceBetween>
    </ContentLayout>
  );
}
