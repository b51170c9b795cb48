// The numbers of a link's direction: their names, order and units, the same on the map, in its table
// view and among the replicas of a table.
//
// SPDX-License-Identifier: Apache-2.0
import type { Direction } from './links';
import { bytes, count, milliseconds, NONE, rate } from './units';

const signed = (ms: number | null): string => (ms === null ? NONE : ms < 0 ? `−${milliseconds(-ms)}` : milliseconds(ms));

export const DIRECTION_NUMBERS: { id: string; label: string; value: (direction: Direction) => string }[] = [
  { id: 'p50', label: 'Lag p50', value: ({ lagP50 }) => milliseconds(lagP50) },
  { id: 'p99', label: 'Lag p99', value: ({ lagP99 }) => milliseconds(lagP99) },
  { id: 'pending', label: 'Pending changes', value: ({ pendingChanges }) => count(pendingChanges) },
  { id: 'bytes', label: 'Pending size', value: ({ pendingBytes }) => bytes(pendingBytes) },
  { id: 'rate', label: 'Applied now', value: (direction) => rate(direction.rate) },
  { id: 'conflicts', label: 'Conflicts in the last hour', value: ({ conflicts }) => count(conflicts) },
  { id: 'skew', label: 'Clock skew', value: ({ skewMs }) => signed(skewMs) },
];
