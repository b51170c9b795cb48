// What one side of a conflict was, in words.
//
// SPDX-License-Identifier: Apache-2.0
import type { ConflictSide } from '../api/admin-types';

export const doneTo = ({ item }: Pick<ConflictSide, 'item'>): string => (item === null ? 'Deleted' : 'Written');

/** The Region that accepted the write; its number is all that is left of a replica that was removed. */
export const whereOf = ({ region, replica }: Pick<ConflictSide, 'region' | 'replica'>): string =>
  region ?? `a removed replica (number ${replica})`;
