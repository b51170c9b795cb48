// The run that belongs to the address: found again when it is known, made when not.
//
// SPDX-License-Identifier: Apache-2.0
import { QueryCommand, ScanCommand, type DynamoDBClient, type TableDescription } from '@aws-sdk/client-dynamodb';
import { useMemo } from 'react';

import { useSession } from '../../api/session';
import { toInput, toParams, type ExploreQuery, type Problems, type ReadInput } from '../../model/query/query';
import { Run, type Ask } from '../../model/query/run';
import { memoryOf, tablePrefix } from './memory';

/** Asks the API; Scan and Query answer alike. */
export function askOf(dynamodb: DynamoDBClient, mode: ExploreQuery['mode'], input: ReadInput): Ask {
  return async (after, limit, signal) => {
    const request = { ...input, Limit: limit, ExclusiveStartKey: after };
    const page = await (mode === 'query'
      ? dynamodb.send(new QueryCommand(request), { abortSignal: signal })
      : dynamodb.send(new ScanCommand(request), { abortSignal: signal }));
    return {
      items: page.Items ?? [],
      scanned: page.ScannedCount ?? 0,
      capacity: page.ConsumedCapacity?.CapacityUnits ?? 0,
      next: page.LastEvaluatedKey,
    };
  };
}

export type FoundRun = { run: Run; input: ReadInput } | { problems: Problems };

export function useRun(region: string, table: TableDescription, query: ExploreQuery, pageSize: number): FoundRun {
  const session = useSession();
  const made = useMemo(() => toInput(query, table), [query, table]);
  const rest = toParams(query).toString();
  const name = table.TableName ?? '';
  return useMemo(() => {
    if ('problems' in made) return made;
    const { input } = made;
    const run = memoryOf(session).runs.of(tablePrefix(region, name), rest, () => {
      const { dynamodb } = session.clients(region);
      return new Run(askOf(dynamodb, query.mode, input), input.FilterExpression !== undefined, pageSize);
    });
    return { run, input };
    // The page size of a run that exists is changed by its page.
    // The table's description may change in what does not matter to a run.
  }, [session, region, name, rest, 'problems' in made]);
}
