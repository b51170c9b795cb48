// A global table from all sides in one place: what DescribeTable says in the Region asked, and what
// the feeds between the Regions say. A server sees its own Regions: what only others know stays null.
//
// SPDX-License-Identifier: Apache-2.0
import type { ReplicaDescription, TableDescription } from '@aws-sdk/client-dynamodb';

import type { Status } from '../api/admin-types';
import type { Hour } from '../live/history';
import { linkBetween, linksOf, type Direction, type LinkClass } from './links';

export interface ReplicaRow {
  region: string;
  here: boolean;
  status: string | undefined;
  percent: string | undefined;
  description: string | undefined;
  inaccessibleSince: Date | undefined;
  tableClass: string;
  /** Units of its own; null: as the table. */
  readOverride: number | null;
  onDemandReadOverride: number | null;
  /** Of the link to the Region that is asked; null: it is that Region, or there is none. */
  link: LinkClass | null;
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

export function memberRegions(here: string, table: TableDescription): string[] {
  return [here, ...(table.Replicas ?? []).flatMap(({ RegionName }) => RegionName ?? [])];
}

/** Every direction between two replicas, as far as this server has links. */
export function replicaDirections(here: string, table: TableDescription, status: Status, hour?: Hour): Direction[] {
  const members = memberRegions(here, table);
  return linksOf(status, hour, table.TableName)
    .flatMap(({ directions }) => directions)
    .filter(({ from, to }) => members.includes(from) && members.includes(to));
}

const known = (values: (number | null)[]): number[] => values.filter((value) => value !== null);
const greatest = (values: (number | null)[]): number | null => (known(values).length > 0 ? Math.max(...known(values)) : null);
const sum = (values: (number | null)[]): number | null => (known(values).length > 0 ? known(values).reduce((a, b) => a + b) : null);

export function replicaRows(here: string, table: TableDescription, status: Status | undefined): ReplicaRow[] {
  const name = table.TableName ?? '';
  const directions = status ? replicaDirections(here, table, status) : [];
  const feeds = (status?.feeds ?? []).filter((feed) => feed.table === name);
  const items = (region: string): number | null =>
    status?.tables.find((one) => one.region === region && one.name === name)?.items ?? null;
  const itemsHere = items(here) ?? table.ItemCount ?? null;

  function row(region: string, replica: ReplicaDescription | undefined): ReplicaRow {
    const own = region === here;
    const itemsThere = own ? itemsHere : items(region);
    const into = directions.filter(({ to }) => to === region);
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
      link: own || !status ? null : (linkBetween(status, here, region)?.state ?? null),
      items: itemsThere,
      itemsMore: itemsThere === null || itemsHere === null ? null : itemsThere - itemsHere,
      lagP50: greatest(into.map(({ lagP50 }) => lagP50)),
      lagP99: greatest(into.map(({ lagP99 }) => lagP99)),
      pending: sum(into.map(({ pendingChanges }) => pendingChanges)),
      conflicts: sum(feeds.filter((feed) => feed.region === region).map(({ conflicts }) => conflicts)),
    };
  }

  return [row(here, undefined), ...(table.Replicas ?? []).map((replica) => row(replica.RegionName ?? '', replica))];
}
