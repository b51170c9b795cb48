// What a run found, page by page. Rows lead to the item; coming back finds page, selection and place
// as they were.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useEffect, useLayoutEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useHref, useNavigate } from 'react-router';

import { useSession } from '../../api/session';
import { Link, useFollow } from '../../app/navigation';
import { to } from '../../app/routes';
import { attributeIn, keyId, keyOf, preview, type Item } from '../../model/item/attribute';
import { columnsOf, inOrder } from '../../model/query/columns';
import { itemPath } from '../../model/query/item-address';
import { PAGE_SIZES, sourceOf, type ExploreQuery } from '../../model/query/query';
import { pageOf, type Run, type RunState } from '../../model/query/run';
import { tableKey } from '../../model/tables';
import { bytes, count, counted } from '../../model/units';
import { EmptyState } from '../../widgets';
import { AttributeCell } from '../../widgets/items/AttributeCell';
import { DeleteItems } from './DeleteItems';
import { Download } from './Download';
import { memoryOf, PLAIN_VIEW, tablePrefix, type View } from './memory';
import { RunProgress } from './RunProgress';

interface Props {
  region: string;
  table: TableDescription;
  query: ExploreQuery;
  run: Run;
  /** Of the address; null: wherever the run was left. */
  page: number | null;
  pageSize: number;
  /** What the address should say. */
  onPlace: (page: number, pageSize: number) => void;
}

/** The page that shows the first item of the one that is shown, were pages of that size. */
const pageFor = ({ page, pageSize }: RunState, size: number): number => Math.floor(((page - 1) * pageSize) / size) + 1;

/** Shows the page of the address, and keeps the address at the page that is shown. */
function useAddressed({ run, page, pageSize, onPlace }: Pick<Props, 'run' | 'page' | 'pageSize' | 'onPlace'>, shown: number): void {
  useEffect(() => {
    const had = run.snapshot();
    const wanted = page ?? pageFor(had, pageSize);
    if (wanted !== had.page || pageSize !== had.pageSize) void run.show(wanted, pageSize);
    else run.resume();
  }, [run, page, pageSize]);
  useEffect(() => {
    const now = run.snapshot();
    if (now.page !== (page ?? 1)) onPlace(now.page, now.pageSize);
    // The other way is above: this answers only to the run.
  }, [shown]);
}

/** Asks while somebody looks, and keeps the place of the window. */
function useWatched(run: Run): void {
  useEffect(() => () => run.pause(), [run]);
  useLayoutEffect(() => {
    if (run.scroll > 0) window.scrollTo(0, run.scroll);
    const keep = () => {
      run.scroll = window.scrollY;
    };
    window.addEventListener('scroll', keep, { passive: true });
    return () => window.removeEventListener('scroll', keep);
  }, [run]);
}

/** Which columns, remembered for the table. */
function useView(region: string, table: string): [View, (view: View) => void] {
  const { views } = memoryOf(useSession());
  const prefix = tablePrefix(region, table);
  const [view, setView] = useState(views.get(prefix) ?? PLAIN_VIEW);
  return [
    view,
    (next) => {
      views.set(prefix, next);
      setView(next);
    },
  ];
}

export function Results({ region, table, query, run, page, pageSize, onPlace }: Props) {
  const name = table.TableName ?? '';
  const state = useSyncExternalStore(run.subscribe, run.snapshot);
  const [view, setView] = useView(region, name);
  const [deleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const follow = useFollow();
  const createHref = useHref(to.item(region, name));
  useWatched(run);
  useAddressed({ run, page, pageSize, onPlace }, state.page);

  const parts = useMemo(() => tableKey(table), [table]);
  const first = [...(sourceOf(query, table)?.key ?? []), ...parts].map((part) => part.name);
  const attributes = inOrder(state.attributes, first);
  const columns = columnsOf(attributes, view.columns);
  const rows = pageOf(state);
  const idOf = (item: Item) => keyId(item, parts);
  const chosen = state.selected;
  const keyName = parts[0]?.name ?? '';
  const labelOf = (item: Item) => {
    const value = attributeIn(item, keyName);
    return value ? preview(value, 60) : 'item';
  };

  const definitions: TableProps.ColumnDefinition<Item>[] = attributes.map((attribute) => ({
    id: attribute,
    header: attribute,
    isRowHeader: attribute === keyName,
    minWidth: 110,
    width: 180,
    cell: (item) =>
      attribute === keyName ? (
        <Link to={itemPath(region, name, item, parts)} ariaLabel={`Edit ${labelOf(item)}`}>
          <AttributeCell value={attributeIn(item, attribute)} />
        </Link>
      ) : (
        <AttributeCell value={attributeIn(item, attribute)} />
      ),
  }));

  return (
    <Table
      items={rows}
      trackBy={idOf}
      columnDefinitions={definitions}
      columnDisplay={columns}
      resizableColumns
      wrapLines={view.wrap}
      stickyHeader
      loading={state.busy && rows.length === 0}
      loadingText="Reading items"
      selectionType="multi"
      selectedItems={chosen}
      onSelectionChange={({ detail }) => run.select(detail.selectedItems)}
      ariaLabels={{
        tableLabel: `Items of ${name}`,
        selectionGroupLabel: 'Select items',
        allItemsSelectionLabel: () => 'Select all items of this page',
        itemSelectionLabel: (_, item) => `Select ${labelOf(item)}`,
      }}
      header={
        <SpaceBetween size="s">
          <Header
            variant="h2"
            counter={state.requests > 0 ? `(${count(state.items.length)}${state.more ? '+' : ''})` : undefined}
            description={`The table holds about ${count(table.ItemCount)} items, ${bytes(table.TableSizeBytes)}.`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel="Read again" onClick={() => void run.restart()} />
                <ButtonDropdown
                  disabled={chosen.length === 0}
                  items={[
                    { id: 'edit', text: 'Edit item', disabled: chosen.length !== 1 },
                    { id: 'copy', text: 'Duplicate item', disabled: chosen.length !== 1 },
                    { id: 'delete', text: chosen.length > 1 ? `Delete ${counted(chosen.length, 'item')}` : 'Delete item' },
                  ]}
                  onItemClick={({ detail }) => {
                    if (detail.id === 'delete') setDeleting(true);
                    else void navigate(itemPath(region, name, chosen[0]!, parts, detail.id === 'copy'));
                  }}
                >
                  Actions
                </ButtonDropdown>
                <Download name={name} keys={first} run={run} />
                <Button variant="primary" href={createHref} onFollow={follow(to.item(region, name))}>
                  Create item
                </Button>
              </SpaceBetween>
            }
          >
            Items returned
          </Header>
          <RunProgress run={run} state={state} />
          {deleting ? (
            <DeleteItems
              region={region}
              table={name}
              parts={parts}
              keys={chosen.map((item) => keyOf(item, parts) ?? {})}
              onClose={() => setDeleting(false)}
            />
          ) : null}
        </SpaceBetween>
      }
      empty={
        state.error !== null || state.stopped ? null : (
          <EmptyState title="No items">
            {query.filters.length > 0 || query.mode === 'query' ? 'Nothing fits the conditions.' : 'This table is empty: create an item.'}
          </EmptyState>
        )
      }
      pagination={
        <Pagination
          currentPageIndex={state.page}
          pagesCount={Math.max(1, Math.ceil(state.items.length / state.pageSize))}
          openEnd={state.more}
          disabled={state.busy}
          onChange={({ detail }) => void run.show(detail.currentPageIndex)}
          ariaLabels={{
            nextPageLabel: 'Next page',
            previousPageLabel: 'Previous page',
            pageLabel: (n) => `Page ${n}`,
          }}
        />
      }
      preferences={
        <CollectionPreferences
          title="Preferences"
          confirmLabel="Confirm"
          cancelLabel="Cancel"
          preferences={{ pageSize: state.pageSize, contentDisplay: columns, wrapLines: view.wrap }}
          pageSizePreference={{
            title: 'Items on a page',
            options: PAGE_SIZES.map((value) => ({ value, label: `${value} items` })),
          }}
          wrapLinesPreference={{ label: 'Wrap lines', description: 'Show all of each value' }}
          contentDisplayPreference={{
            title: 'Attributes',
            enableColumnFiltering: attributes.length > 12,
            options: attributes.map((id) => ({ id, label: id, alwaysVisible: id === keyName })),
          }}
          onConfirm={({ detail }) => {
            setView({ columns: detail.contentDisplay ?? view.columns, wrap: detail.wrapLines === true });
            if (detail.pageSize && detail.pageSize !== state.pageSize) onPlace(pageFor(state, detail.pageSize), detail.pageSize);
          }}
        />
      }
    />
  );
}
