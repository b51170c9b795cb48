// How far a change of a global table reaches: most settings are the same in all replicas, some are of
// each alone.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';

export function scopeNote(table: TableDescription, reach: 'all' | 'this' = 'all'): string {
  if (!table.Replicas?.length) return '';
  return reach === 'all' ? ' The change applies to all replicas of the table.' : ' The change applies to the replica in this Region alone.';
}
