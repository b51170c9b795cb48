// What the pages show, live. Names of queries begin with the Region that they ask.
//
// SPDX-License-Identifier: Apache-2.0
import { DescribeTableCommand, ListTablesCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

import { isNotFound } from '../api/errors';
import { useSession } from '../api/session';
import { isSettled } from '../model/tables';
import { PACE } from './query';

/** All that GET /_tropic/v1/status says, each second. */
export function useStatus() {
  const { admin } = useSession();
  return useQuery({ queryKey: ['status'], queryFn: ({ signal }) => admin.status(signal), refetchInterval: PACE.live });
}

/** Names of all tables of a Region, in order. */
export function useTableNames(region: string) {
  const { dynamodb } = useSession().clients(region);
  return useQuery({
    queryKey: [region, 'tables'],
    queryFn: async ({ signal }) => {
      const names: string[] = [];
      let after: string | undefined;
      do {
        const page = await dynamodb.send(new ListTablesCommand({ ExclusiveStartTableName: after }), { abortSignal: signal });
        names.push(...(page.TableNames ?? []));
        after = page.LastEvaluatedTableName;
      } while (after);
      return names;
    },
    refetchInterval: PACE.calm,
  });
}

const describeKey = (region: string, name: string) => [region, 'table', name];

function describe(session: ReturnType<typeof useSession>, region: string, name: string) {
  return {
    queryKey: describeKey(region, name),
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<TableDescription | null> => {
      try {
        const { dynamodb } = session.clients(region);
        const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: name }), { abortSignal: signal });
        return Table ?? null;
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }: { state: { data?: TableDescription | null } }) =>
      state.data && !isSettled(state.data) ? PACE.live : PACE.calm,
  };
}

/** The table as a Region describes it; null: it has none of that name. */
export function useTable(region: string, name: string) {
  return useQuery(describe(useSession(), region, name));
}

/** Several tables of one Region, in the order of `names`. */
export function useTables(region: string, names: string[]) {
  const session = useSession();
  return useQueries({ queries: names.map((name) => describe(session, region, name)) });
}

/**
 * After a table was deleted: it is as the answer says, until the lists no longer name it. The page of
 * the table may be open for a moment still, and must not ask for what is gone.
 */
export function useForgetTable() {
  const client = useQueryClient();
  return useCallback(
    (region: string, name: string, last: TableDescription | undefined) => {
      if (last) client.setQueryData(describeKey(region, name), last);
      return client.invalidateQueries({ queryKey: [region, 'tables'] });
    },
    [client],
  );
}

/** After a change: ask at once, everywhere. */
export function useRefresh() {
  const client = useQueryClient();
  return useCallback(() => client.invalidateQueries(), [client]);
}
