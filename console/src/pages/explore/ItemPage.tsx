// One item: made, changed, or made like another. The address holds its key, so that it can be sent to
// somebody. Saving leads back to where one came from.
//
// SPDX-License-Identifier: Apache-2.0
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';

import { useSession } from '../../api/session';
import { useFlash } from '../../app/flash';
import { Link, useRegion, useTableName } from '../../app/navigation';
import { to } from '../../app/routes';
import { useTable } from '../../live/hooks';
import { keyId, preview, type Item } from '../../model/item/attribute';
import { itemAddress, type ItemAddress } from '../../model/query/item-address';
import { tableKey, type KeyPart } from '../../model/tables';
import { EmptyState, ErrorAlert } from '../../widgets';
import { MissingTable } from '../table/MissingTable';
import { ItemEditor } from './ItemEditor';
import { memoryOf, tablePrefix } from './memory';
import { blankItem, copyOf } from './useDraft';

/** Read once: what is typed must not change under somebody's hands. */
function useItem(region: string, table: string, key: Item | null) {
  const { dynamodb } = useSession().clients(region);
  return useQuery({
    queryKey: [region, 'item', table, JSON.stringify(key)],
    queryFn: async ({ signal }) => {
      const { Item: item } = await dynamodb.send(
        new GetItemCommand({ TableName: table, Key: key ?? {}, ConsistentRead: true }),
        { abortSignal: signal },
      );
      return item ?? null;
    },
    enabled: key !== null,
    gcTime: 0,
    staleTime: Infinity,
  });
}

function useSaved(region: string, table: string, parts: KeyPart[]) {
  const session = useSession();
  const flash = useFlash();
  const leave = useLeave(region, table);
  return (item: Item, made: boolean) => {
    const id = keyId(item, parts);
    memoryOf(session).runs.each(tablePrefix(region, table), (run) =>
      // Where a new item belongs in an order that was read before, only reading again can tell.
      made ? run.forget() : run.replace((one) => keyId(one, parts) === id, item),
    );
    flash({ type: 'success', header: made ? `Item created in ${table}` : `Item saved in ${table}` });
    leave();
  };
}

/** Back to the page that led here; a page that was opened by its address has none. */
function useLeave(region: string, table: string): () => void {
  const navigate = useNavigate();
  return () => {
    const { idx } = (window.history.state ?? {}) as { idx?: number };
    void (idx ? navigate(-1) : navigate(to.explore(region, table)));
  };
}

function Editor({ region, table, parts, address }: { region: string; table: string; parts: KeyPart[]; address: ItemAddress }) {
  const { key, copy } = address;
  const { data, error, isPending } = useItem(region, table, key);
  // Whatever is read later, the editor keeps what it began with.
  const [item, setItem] = useState<Item | null>(null);
  if (data && !item) setItem(data);
  const onSaved = useSaved(region, table, parts);
  const onCancel = useLeave(region, table);
  if (key && isPending) return <Spinner size="large" />;
  if (key && !item && !data)
    return error ? (
      <ErrorAlert header="The item could not be read" error={error} />
    ) : (
      <EmptyState title="There is no item with this key" action={<Link to={to.explore(region, table)}>Explore the table</Link>}>
        It may have been deleted.
      </EmptyState>
    );
  if (key && !item) return null;
  const start = item ? (copy ? copyOf(item, parts) : item) : blankItem(parts);
  return (
    <ItemEditor
      region={region}
      table={table}
      parts={parts}
      item={copy ? null : item}
      start={start}
      onSaved={onSaved}
      onCancel={onCancel}
    />
  );
}

function readAddress(search: string): ItemAddress | { problem: unknown } {
  try {
    return itemAddress(new URLSearchParams(search));
  } catch (problem) {
    return { problem };
  }
}

export default function ItemPage() {
  const region = useRegion();
  const name = useTableName();
  const [params] = useSearchParams();
  const search = params.toString();
  const address = useMemo(() => readAddress(search), [search]);
  const { data: table, error, isPending } = useTable(region, name);
  if ('problem' in address) return <ErrorAlert header="This is no address of an item" error={address.problem} />;

  const parts = table ? tableKey(table) : [];
  const title = address.key ? (address.copy ? 'Duplicate item' : 'Edit item') : 'Create item';
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description={
            <Box variant="span">
              Table {name}
              {address.key && !address.copy
                ? `, ${Object.entries(address.key).map(([part, value]) => `${part} ${preview(value, 80)}`).join(', ')}`
                : ''}
            </Box>
          }
        >
          {title}
        </Header>
      }
    >
      {isPending ? (
        <Spinner size="large" />
      ) : table ? (
        <Editor key={search} region={region} table={name} parts={parts} address={address} />
      ) : error ? (
        <ErrorAlert header="The table could not be described" error={error} />
      ) : (
        <MissingTable region={region} name={name} />
      )}
    </ContentLayout>
  );
}
