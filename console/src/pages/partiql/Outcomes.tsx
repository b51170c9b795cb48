// What statements gave back: the items of one, page by page; or how each of several went.
//
// SPDX-License-Identifier: Apache-2.0
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { useSyncExternalStore } from 'react';

import { attributeIn, type Item } from '../../model/item/attribute';
import { inOrder } from '../../model/query/columns';
import { pageOf, type Run } from '../../model/query/run';
import { capacityUnits, count } from '../../model/units';
import { EmptyState, Mono } from '../../widgets';
import { AttributeCell } from '../../widgets/items/AttributeCell';
import { Download } from '../explore/Download';
import { RunProgress } from '../explore/RunProgress';
import type { StatementOutcome } from './memory';

/** Of an item that has no other name than its place. */
interface Row {
  id: string;
  item: Item;
}

export function Found({ run, select }: { run: Run<string>; select: boolean }) {
  const state = useSyncExternalStore(run.subscribe, run.snapshot);
  const attributes = inOrder(state.attributes);
  const rows: Row[] = pageOf(state).map((item, n) => ({ id: `${state.page}.${n}`, item }));
  // Nothing stops a write that is under way.
  const writing = !select && state.busy;
  const done = !select && !state.busy && state.error === null && state.requests > 0;

  return (
    <Table
      items={rows}
      trackBy="id"
      columnDefinitions={attributes.map((attribute, n) => ({
        id: attribute,
        header: attribute,
        isRowHeader: n === 0,
        minWidth: 110,
        width: 180,
        cell: ({ item }: Row) => <AttributeCell value={attributeIn(item, attribute)} />,
      }))}
      resizableColumns
      stickyHeader
      loading={state.busy && rows.length === 0}
      loadingText="Running"
      ariaLabels={{ tableLabel: 'Items returned' }}
      header={
        <SpaceBetween size="s">
          <Header
            variant="h2"
            counter={state.requests > 0 ? `(${count(state.items.length)}${state.more ? '+' : ''})` : undefined}
            actions={select && state.requests > 0 ? <Download name="partiql" keys={[]} run={run} /> : undefined}
          >
            Items returned
          </Header>
          {done ? (
            <StatusIndicator type="success">Done · {capacityUnits(state.capacity)}</StatusIndicator>
          ) : writing ? (
            <StatusIndicator type="loading">Running</StatusIndicator>
          ) : (
            <RunProgress run={run} state={state} />
          )}
        </SpaceBetween>
      }
      empty={state.error !== null || state.stopped ? null : <EmptyState title={select ? 'No items' : 'The statement gives nothing back'} />}
      pagination={
        select && state.requests > 0 ? (
          <Pagination
            currentPageIndex={state.page}
            pagesCount={Math.max(1, Math.ceil(state.items.length / state.pageSize))}
            openEnd={state.more}
            disabled={state.busy}
            onChange={({ detail }) => void run.show(detail.currentPageIndex)}
            ariaLabels={{ nextPageLabel: 'Next page', previousPageLabel: 'Previous page', pageLabel: (page) => `Page ${page}` }}
          />
        ) : undefined
      }
    />
  );
}

export function Outcomes({ outcomes, capacity }: { outcomes: StatementOutcome[]; capacity: number | null }) {
  return (
    <Table
      items={outcomes.map((outcome, n) => ({ ...outcome, n: n + 1 }))}
      trackBy={({ n }) => String(n)}
      wrapLines
      ariaLabels={{ tableLabel: 'Statements' }}
      header={
        <Header variant="h2" counter={`(${outcomes.length})`} description={capacity === null ? 'Nothing was done' : capacityUnits(capacity)}>
          Statements
        </Header>
      }
      columnDefinitions={[
        { id: 'statement', header: 'Statement', cell: ({ statement }) => <Mono>{statement}</Mono>, isRowHeader: true },
        {
          id: 'result',
          header: 'Result',
          cell: ({ error }) =>
            error ? (
              <StatusIndicator type="error">
                {error.code}
                {error.message ? `: ${error.message}` : ''}
              </StatusIndicator>
            ) : (
              <StatusIndicator>Done</StatusIndicator>
            ),
        },
        { id: 'item', header: 'Item', cell: ({ preview }) => (preview ? <Mono>{preview}</Mono> : '–') },
      ]}
    />
  );
}
