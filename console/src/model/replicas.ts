// A global table from all sides in one place: what DescribeTable says in the Region asked, and
// what the feeds between the Regions say. A server sees its own Regions: what only others know stays null.
//
// SPDX-License-Identifier: Apache-2.0
import type { ReplicaDescription, TableDescription } from '@aws-sdk/client-dynamodb';

import type { Status, StatusFeed } from '../api/admin-types';
import { memberRegions } from './availability';
import { linkState, type LinkState } from './connection';

export interface ReplicaRow {
  region: string;
  here: boolean;
  status: string | undefined;
  percent: string | undefined;
  description: string | undefined;
  inaccessibleSince: Date | undefined;
  tableClass: string;
  /** Units it differs from the table by; null: as the table. */
  readOverride: number | null;
  onDemandReadOverride: number | null;
  /** How the Region asked hears it. Of the Region itself: up. */
  link: LinkState;
  items: number | null;
  /** Items more than here. */
  itemsMore: number | null;
  /** How long changes of others take to get there, in the last minute; the slowest of them. */
  lagP50: number | null;
  lagP99: number | null;
  /** Changes of Regions that this server hosts that it has not acknowledged. */
  pending: number | null;
  /** Met there since the start: concurrent writes of which one lost. */
  conflicts: number | null;
}

/** One direction between two replicas. */
export interface PairRow {
  from: string;
  to: string;
  link: LinkState;
  lagP50: number | null;
  lagP99: number | null;
  pending: number | null;
  applied: number | null;
  dropped: number | null;
  conflicts: number | null;
}

/** The status has −1 where there was nothing to measure. */
const measured = (ms: number | undefined): number | null => (ms === undefined || ms < 0 ? null : ms);

const greatest = (values: (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : null;
};

const sum = (values: number[]): number | null => (values.length > 0 ? values.reduce((a, b) => a + b) : null);

const feedsOf = (status: Status | undefined, table: string): StatusFeed[] =>
  (status?.feeds ?? []).filter((feed) => feed.table === table);

export function replicaRows(here: string, table: TableDescription, status: Status | undefined): ReplicaRow[] {
  const name = table.TableName ?? '';
  const feeds = feedsOf(status, name);
  const items = (region: string): number | null =>
    status?.tables.find((one) => one.region === region && one.name === name)?.items ?? null;
  const itemsHere = items(here) ?? table.ItemCount ?? null;

  function row(region: string, replica: ReplicaDescription | undefined): ReplicaRow {
    const own = region === here;
    const itemsThere = own ? itemsHere : items(region);
    const into = feeds.filter((feed) => feed.region === region);
    const toward = feeds.filter((feed) => feed.peer === region);
    return {
      region,
      here: own,
      status: own ? table.TableStatus : replica?.ReplicaStatus,
      percent: replica?.ReplicaStatusPercentProgress,
      description: replica?.ReplicaStatusDescription,
      inaccessibleSince: replica?.ReplicaInaccessibleDateTime,
      tableClass: replica?.ReplicaTableClassSummary?.TableClass ?? table.TableClassSummary?.TableClass ?? 'STANDARD',
      readOverride: replica?.ProvisionedThroughputOverride?.ReadCapacityUnits ?? null,
      onDemandReadOverride: replica?.OnDemandThroughputOverride?.MaxReadRequestUnits ?? null,
      link: own ? 'up' : linkState(status, here, region),
      items: itemsThere,
      itemsMore: itemsThere === null || itemsHere === null ? null : itemsThere - itemsHere,
      lagP50: greatest(into.map((feed) => measured(feed.lag_ms_p50))),
      lagP99: greatest(into.map((feed) => measured(feed.lag_ms_p99))),
      pending: sum(toward.map((feed) => feed.pending_changes)),
      conflicts: sum(into.map((feed) => feed.conflicts)),
    };
  }

  return [row(here, undefined), ...(table.Replicas ?? []).map((replica) => row(replica.RegionName ?? '', replica))];
}

/** Every direction that a hosted Region is at one end of. */
export function pairRows(here: string, table: TableDescription, status: Status | undefined): PairRow[] {
  const members = memberRegions(here, table);
  const feeds = feedsOf(status, table.TableName ?? '');
  const rows: PairRow[] = [];

  for (const from of members)
    for (const to of members) {
      const receives = feeds.find((feed) => feed.region === to && feed.peer === from);
      const sends = feeds.find((feed) => feed.region === from && feed.peer === to);
      if (from === to || (!receives && !sends)) continue;
      rows.push({
        from,
        to,
        link: linkState(status, from, to),
        lagP50: measured(receives?.lag_ms_p50),
        lagP99: measured(receives?.lag_ms_p99),
        pending: sends?.pending_changes ?? null,
        applied: receives?.applied ?? null,
        dropped: receives?.dropped ?? null,
        conflicts: receives?.conflicts ?? null,
      });
    }
  return rows;
}
