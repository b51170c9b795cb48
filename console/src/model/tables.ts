// What a table's description means to the pages: states, keys, replicas.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeDefinition, BillingMode, ContributorInsightsMode, KeySchemaElement, TableDescription } from '@aws-sdk/client-dynamodb';
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';

import { count, NONE } from './units';

/** Every status that the API has for tables, replicas and indexes. */
export const STATUSES: Record<string, { label: string; type: StatusIndicatorProps.Type }> = {
  ACTIVE: { label: 'Active', type: 'success' },
  CREATING: { label: 'Creating', type: 'in-progress' },
  UPDATING: { label: 'Updating', type: 'in-progress' },
  DELETING: { label: 'Deleting', type: 'in-progress' },
  ARCHIVING: { label: 'Archiving', type: 'in-progress' },
  ARCHIVED: { label: 'Archived', type: 'stopped' },
  CREATION_FAILED: { label: 'Creation failed', type: 'error' },
  REGION_DISABLED: { label: 'Region disabled', type: 'stopped' },
  INACCESSIBLE_ENCRYPTION_CREDENTIALS: { label: 'Key not accessible', type: 'error' },
  REPLICATION_NOT_AUTHORIZED: { label: 'Replication not authorized', type: 'error' },
};

/** Nothing about it changes by itself: no state on its way to another. */
export function isSettled(table: TableDescription): boolean {
  return (
    table.TableStatus === 'ACTIVE' &&
    (table.Replicas ?? []).every(({ ReplicaStatus }) => !ReplicaStatus || ReplicaStatus === 'ACTIVE') &&
    (table.GlobalSecondaryIndexes ?? []).every(({ IndexStatus }) => IndexStatus === 'ACTIVE')
  );
}

export interface KeyPart {
  name: string;
  type: 'S' | 'N' | 'B';
  role: 'partition' | 'sort';
}

export const KEY_TYPES: Record<KeyPart['type'], string> = { S: 'String', N: 'Number', B: 'Binary' };

/** A key schema with its types, in the order of the schema. */
export function keyParts(schema: KeySchemaElement[] = [], attributes: AttributeDefinition[] = []): KeyPart[] {
  return schema.map(({ AttributeName, KeyType }) => ({
    name: AttributeName ?? '',
    type: (attributes.find((one) => one.AttributeName === AttributeName)?.AttributeType ?? 'S') as KeyPart['type'],
    role: KeyType === 'RANGE' ? 'sort' : 'partition',
  }));
}

export function tableKey(table: TableDescription): KeyPart[] {
  return keyParts(table.KeySchema, table.AttributeDefinitions);
}

export const isOnDemand = (table: TableDescription): boolean =>
  table.BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST';

export const MODES: Record<BillingMode, string> = { PAY_PER_REQUEST: 'On-demand', PROVISIONED: 'Provisioned' };

export const modeOf = (table: TableDescription): BillingMode => (isOnDemand(table) ? 'PAY_PER_REQUEST' : 'PROVISIONED');

/** In Standard class the description says nothing. */
export const tableClass = (value: string | undefined): string => TABLE_CLASSES[value ?? 'STANDARD'] ?? String(value);

export const TABLE_CLASSES: Record<string, string> = {
  STANDARD: 'DynamoDB Standard',
  STANDARD_INFREQUENT_ACCESS: 'DynamoDB Standard-IA',
};

export const STREAM_VIEWS: Record<string, string> = {
  KEYS_ONLY: 'Key attributes only',
  NEW_IMAGE: 'New image',
  OLD_IMAGE: 'Old image',
  NEW_AND_OLD_IMAGES: 'New and old images',
};

/** Of DescribeTimeToLive. */
export const TTL_STATUSES: Record<string, { label: string; type: StatusIndicatorProps.Type }> = {
  ENABLED: { label: 'On', type: 'success' },
  ENABLING: { label: 'Turning on', type: 'in-progress' },
  DISABLED: { label: 'Off', type: 'stopped' },
  DISABLING: { label: 'Turning off', type: 'in-progress' },
};

export const INSIGHTS_MODES: Record<ContributorInsightsMode, string> = {
  ACCESSED_AND_THROTTLED_KEYS: 'Accessed and throttled keys',
  THROTTLED_KEYS: 'Throttled keys only',
};

export const PROJECTIONS: Record<'ALL' | 'KEYS_ONLY' | 'INCLUDE', { label: string; description: string }> = {
  ALL: { label: 'All', description: 'Every attribute of the item.' },
  KEYS_ONLY: { label: 'Only keys', description: 'The keys of the table and of the index.' },
  INCLUDE: { label: 'Include', description: 'The keys, and the attributes that you name.' },
};

/** The one way there is; the service's other two need its key management. */
export const ENCRYPTION = {
  label: 'Owned by Amazon DynamoDB',
  description: 'The default of the service: the key belongs to the database, and is not chosen. Keys of your own are not supported.',
};

/** Of a table, or of a global index. */
type Capacity = Pick<TableDescription, 'ProvisionedThroughput' | 'OnDemandThroughput' | 'WarmThroughput'>;

const NO_MAXIMUM = 'no maximum';
const most = (units: number | undefined): string => (units !== undefined && units > 0 ? `at most ${count(units)}` : NO_MAXIMUM);

export function capacityText(mode: BillingMode, { ProvisionedThroughput: provisioned, OnDemandThroughput: onDemand }: Capacity): string {
  if (mode === 'PROVISIONED') return `${count(provisioned?.ReadCapacityUnits)} read, ${count(provisioned?.WriteCapacityUnits)} write units`;
  const read = most(onDemand?.MaxReadRequestUnits), write = most(onDemand?.MaxWriteRequestUnits);
  return read === write && read === NO_MAXIMUM ? 'No maximums' : `Reads: ${read}; writes: ${write}`;
}

export function warmText({ WarmThroughput: warm }: Capacity): string {
  return warm ? `${count(warm.ReadUnitsPerSecond)} read, ${count(warm.WriteUnitsPerSecond)} write units/s` : NONE;
}
