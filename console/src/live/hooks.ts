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

function describe(session: ReturnType<typeof useSession>, region: string, name: string) {
  return {
    queryKey: [region, 'table', name],
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
      state.data && isSettled(state.data) ? PACE.calm : PACE.live,
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

/** The same table in several Regions, in the order of `regions`. */
export function useTableInRegions(regions: string[], name: string) {
  const session = useSession();
  return useQueries({ queries: regions.map((region) => describe(session, region, name)) });
}

/** After a table was deleted: first the lists of tables, so that nothing asks for it by name any more. */
export function useForgetTable() {
  const client = useQueryClient();
  return useCallback(
    async (region: string) => {
      await client.invalidateQueries({ queryKey: [region, 'tables'] });
      await client.invalidateQueries();
    },
    [client],
  );
}

/** After a change: ask at once, everywhere. */
export function useRefresh() {
  const client = useQueryClient();
  return useCallback(() => client.invalidateQueries(), [client]);
}
