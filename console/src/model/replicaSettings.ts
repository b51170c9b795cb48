// What a replica may have of its own: table class and read capacity, of the table and of each global
// index. An empty field means "as the table"; the API has no word for that but the table's own value,
// which takes the override away.
//
// SPDX-License-Identifier: Apache-2.0
import type {
  GlobalSecondaryIndexDescription,
  ReplicaDescription,
  ReplicaGlobalSecondaryIndex,
  TableClass,
  TableDescription,
  UpdateReplicationGroupMemberAction,
} from '@aws-sdk/client-dynamodb';

import { isOnDemand } from './tables';

/** As it is typed. */
export interface ReplicaSettings {
  tableClass: '' | TableClass;
  read: string;
  indexes: Record<string, string>;
}

type Overrides = Omit<UpdateReplicationGroupMemberAction, 'RegionName' | 'KMSMasterKeyId'>;

/** The API's "no maximum". */
const UNLIMITED = -1;

const text = (units: number | undefined): string => (units === undefined ? '' : String(units));

export const indexNames = (table: TableDescription): string[] =>
  (table.GlobalSecondaryIndexes ?? []).flatMap(({ IndexName }) => IndexName ?? []);

export function settingsOf(table: TableDescription, replica?: ReplicaDescription): ReplicaSettings {
  const onDemand = isOnDemand(table);
  const read = (one: ReplicaDescription | ReplicaGlobalSecondaryIndex | undefined) =>
    text(onDemand ? one?.OnDemandThroughputOverride?.MaxReadRequestUnits : one?.ProvisionedThroughputOverride?.ReadCapacityUnits);
  return {
    tableClass: replica?.ReplicaTableClassSummary?.TableClass ?? '',
    read: read(replica),
    indexes: Object.fromEntries(
      indexNames(table).map((name) => [name, read(replica?.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === name))]),
    ),
  };
}

/** What the table or index itself reads with; UNLIMITED where it has no maximum. */
export function baseRead(table: TableDescription, of: TableDescription | GlobalSecondaryIndexDescription): number {
  return isOnDemand(table)
    ? (of.OnDemandThroughput?.MaxReadRequestUnits ?? UNLIMITED)
    : (of.ProvisionedThroughput?.ReadCapacityUnits ?? UNLIMITED);
}

/** Why it cannot be sent; undefined: it can. */
export function unitsError(typed: string): string | undefined {
  return typed === '' || /^[1-9]\d{0,14}$/.test(typed) ? undefined : 'Give a whole number of 1 or more, or nothing';
}

export function settingsAreRight({ read, indexes }: ReplicaSettings): boolean {
  return [read, ...Object.values(indexes)].every((typed) => !unitsError(typed));
}

/** The members of the action that say what differs from `before`; empty: nothing does. */
export function overrides(table: TableDescription, before: ReplicaSettings, wanted: ReplicaSettings): Overrides {
  const throughput = (typed: string, base: number) => {
    const units = typed === '' ? base : Number(typed);
    return isOnDemand(table)
      ? { OnDemandThroughputOverride: { MaxReadRequestUnits: units } }
      : { ProvisionedThroughputOverride: { ReadCapacityUnits: units } };
  };
  const indexes = (table.GlobalSecondaryIndexes ?? [])
    .filter(({ IndexName = '' }) => wanted.indexes[IndexName] !== before.indexes[IndexName])
    .map((index) => ({
      IndexName: index.IndexName,
      ...throughput(wanted.indexes[index.IndexName ?? ''] ?? '', baseRead(table, index)),
    }));

  return {
    ...(wanted.tableClass === before.tableClass
      ? {}
      : { TableClassOverride: wanted.tableClass || (table.TableClassSummary?.TableClass ?? 'STANDARD') }),
    ...(wanted.read === before.read ? {} : throughput(wanted.read, baseRead(table, table))),
    ...(indexes.length > 0 ? { GlobalSecondaryIndexes: indexes } : {}),
  };
}
