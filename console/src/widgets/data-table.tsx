// A list of things with what every list has: a filter, sorting, pages, and a person's choice of
// columns. `useDataTable` knows which rows the page shows, so that a list of many things can ask
// the server about those alone; `DataTable` draws them.
//
// SPDX-License-Identifier: Apache-2.0
import { useCollection } from '@cloudscape-design/collection-hooks';
import Button from '@cloudscape-design/components/button';
import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useMemo, type ReactNode } from 'react';

import { count, counted } from '../model/units';
import { EmptyState } from '.';
import { PAGE_SIZES, useTablePreferences, type ColumnChoice } from './table-preferences';

export interface Column<Row> extends Omit<TableProps.ColumnDefinition<Row>, 'id' | 'header' | 'sortingField' | 'sortingComparator'>, ColumnChoice {
  id: string;
  header: string;
  /** By what it is sorted; a column without cannot be. */
  sort?: (row: Row) => string | number;
}

interface Options<Row> {
  /** Names the list where the choices are kept. */
  id: string;
  rows: readonly Row[];
  columns: Column<Row>[];
  /** Tells rows apart. */
  key: (row: Row) => string;
  /** What the filter looks at. */
  text: (row: Row) => string;
  sortedBy: string;
  empty: ReactNode;
  selectable?: boolean;
}

const order = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });

function sortable<Row>({ sort, at: _, ...column }: Column<Row>): TableProps.ColumnDefinition<Row> {
  return sort ? { ...column, sortingField: column.id, sortingComparator: (a, b) => order(sort(a), sort(b)) } : column;
}

export function useDataTable<Row>({ id, rows, columns, key, text, sortedBy, empty, selectable = false }: Options<Row>) {
  const [preferences, setPreferences] = useTablePreferences(id, columns);
  const definitions = useMemo(() => columns.map(sortable), [columns]); // sorting knows columns by their comparators
  const sortingColumn = definitions.find((column) => column.id === sortedBy) ?? definitions[0]!;
  const collection = useCollection(rows, {
    filtering: {
      filteringFunction: (row, filter) => text(row).toLowerCase().includes(filter.trim().toLowerCase()),
      empty,
      noMatch: (
        <EmptyState title="Nothing matches" action={<Button onClick={() => collection.actions.setFiltering('')}>Clear the filter</Button>} />
      ),
    },
    sorting: { defaultState: { sortingColumn } },
    pagination: { pageSize: preferences.pageSize },
    selection: { trackBy: key, keepSelection: true },
  });
  return { ...collection, rows, columns, definitions, preferences, setPreferences, selectable };
}

export type DataTableState<Row> = ReturnType<typeof useDataTable<Row>>;

interface Props<Row> {
  list: DataTableState<Row>;
  title: string;
  /** "table", "tables" */
  of: [string, string];
  /** The rows of the page; by default what the list has of them. */
  items?: readonly Row[];
  headerVariant?: 'h1' | 'h2' | 'h3';
  variant?: TableProps.Variant;
  description?: ReactNode;
  actions?: ReactNode;
  loading?: boolean;
  labelOf: (row: Row) => string;
}

export function DataTable<Row>({ list, title, of: [one, many], items, headerVariant = 'h2', variant = 'container', description, actions, loading = false, labelOf }: Props<Row>) {
  const { collectionProps, filterProps, paginationProps, filteredItemsCount = 0, preferences, selectable } = list;
  const { selectedItems, onSelectionChange, ...rest } = collectionProps;
  const named = Object.fromEntries(list.columns.map(({ id, header }) => [id, header]));

  return (
    <Table
      {...rest}
      {...(selectable ? { selectionType: 'single' as const, selectedItems, onSelectionChange } : {})}
      variant={variant}
      items={items ?? list.items}
      columnDefinitions={list.definitions}
      columnDisplay={preferences.contentDisplay}
      wrapLines={preferences.wrapLines}
      loading={loading}
      loadingText={`Loading ${many}`}
      enableKeyboardNavigation
      ariaLabels={{
        tableLabel: title,
        selectionGroupLabel: `Choose one of the ${many}`,
        itemSelectionLabel: (_, row) => `Choose ${labelOf(row)}`,
      }}
      header={
        <Header variant={headerVariant} counter={loading ? undefined : `(${count(list.rows.length)})`} description={description} actions={actions}>
          {title}
        </Header>
      }
      filter={
        list.rows.length > 0 ? (
          <TextFilter
            {...filterProps}
            filteringAriaLabel={`Find ${many}`}
            filteringPlaceholder={`Find ${many}`}
            countText={`${counted(filteredItemsCount, 'match', 'matches')}`}
          />
        ) : undefined
      }
      pagination={list.rows.length > PAGE_SIZES[0]! ? <Pagination {...paginationProps} ariaLabels={{ paginationLabel: `Pages of ${many}` }} /> : undefined}
      preferences={
        <CollectionPreferences
          title="Preferences"
          confirmLabel="Confirm"
          cancelLabel="Cancel"
          preferences={preferences}
          pageSizePreference={{ title: 'Rows a page', options: PAGE_SIZES.map((value) => ({ value, label: counted(value, one, many) })) }}
          wrapLinesPreference={{ label: 'Wrap lines', description: 'Show all of the text instead of cutting it off' }}
          contentDisplayPreference={{
            title: 'Columns',
            description: 'Which columns are shown, and in which order',
            options: list.preferences.contentDisplay.map(({ id }) => ({ id, label: named[id] ?? id, alwaysVisible: id === list.columns[0]!.id })),
          }}
          onConfirm={({ detail }) => list.setPreferences(detail)}
        />
      }
    />
  );
}
