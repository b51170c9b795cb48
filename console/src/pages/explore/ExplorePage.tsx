// Items by Scan and Query. The address holds the table, what is asked of it and the page: running a
// query goes to its address, and whoever opens that address sees the same.
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
import { useSession } from '../../api/session';
import { Link, useRegion, useTableName } from '../../app/navigation';
import { to } from '../../app/routes';
import { useTable, useTableNames } from '../../live/hooks';
import { inOrder } from '../../model/query/columns';
import { fromParams, PAGE_SIZE, PAGE_SIZES, START, toParams, type ExploreQuery } from '../../model/query/query';
import { EmptyState, ErrorAlert } from '../../widgets';
import { MissingTable } from '../table/MissingTable';
import { useMedia } from '../../widgets/media';
import { memoryOf, tablePrefix } from './memory';
import { QueryForm } from './QueryForm';
import { Results } from './Results';
import { TableList, TableSelect } from './TablePicker';
import { useRun } from './useRun';

const SIZE_PARAM = 'limit';
const PAGE_PARAM = 'page';

function readSize(params: URLSearchParams): number {
  return PAGE_SIZES.find((size) => String(size) === params.get(SIZE_PARAM)) ?? PAGE_SIZE;
}

function readPage(params: URLSearchParams): number | null {
  const text = params.get(PAGE_PARAM) ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

function paramsOf(query: ExploreQuery, size: number, page = 1): URLSearchParams {
  const params = toParams(query);
  if (size !== PAGE_SIZE) params.set(SIZE_PARAM, String(size));
  if (page > 1) params.set(PAGE_PARAM, String(page));
  return params;
}

function Explorer({ region, table }: { region: string; table: TableDescription }) {
  const session = useSession();
  const [params, setParams] = useSearchParams();
  const search = params.toString();
  const query = useMemo(() => fromParams(new URLSearchParams(search)), [search]);
  const pageSize = readSize(params);
  const found = useRun(region, table, query, pageSize);
  const run = 'run' in found ? found.run : null;
  const asked = toParams(query).toString();
  const attributes = () =>
    inOrder(run?.snapshot().attributes ?? [], (table.AttributeDefinitions ?? []).map((one) => one.AttributeName ?? ''));

  function ask(next: ExploreQuery): void {
    const there = toParams(next).toString();
    if (run && there === asked) return void run.restart();
    // The back button finds what was found before; Run always reads.
    memoryOf(session).runs.drop(tablePrefix(region, table.TableName ?? ''), there);
    setParams(paramsOf(next, pageSize));
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
          page={readPage(params)}
          pageSize={pageSize}
          onPlace={(page, size) => setParams(paramsOf(query, size, page), { replace: true })}
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
