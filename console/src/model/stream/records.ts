// Records of a stream as the page shows them: newest first, and no more than a reader can use.
//
// SPDX-License-Identifier: Apache-2.0
import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams';

import { preview, type Item } from '../item/attribute';

export type EventName = 'INSERT' | 'MODIFY' | 'REMOVE';

export interface TailRecord {
  id: string;
  event: EventName;
  key: Item;
  /** The key in one line, for the list and the filter. */
  keyText: string;
  /** null: the view of the stream has none, or there was none. */
  oldImage: Item | null;
  newImage: Item | null;
  by: string | null;
  sequence: string;
  at: Date | undefined;
}

export interface TailView {
  /** Newest first. */
  records: readonly TailRecord[];
  /** Shown once, and gone to make room. */
  dropped: number;
}

export const RECORDS_MAX = 500;
export const EMPTY_VIEW: TailView = { records: [], dropped: 0 };

export const keyText = (key: Item): string =>
  Object.values(key)
    .map((value) => preview(value))
    .join(', ');

function recordOf({ eventID, eventName, dynamodb, userIdentity }: StreamRecord): TailRecord {
  const key: Item = dynamodb?.Keys ?? {};
  return {
    id: eventID ?? dynamodb?.SequenceNumber ?? '',
    event: (eventName ?? 'MODIFY') as EventName,
    key,
    keyText: keyText(key),
    oldImage: dynamodb?.OldImage ?? null,
    newImage: dynamodb?.NewImage ?? null,
    by: userIdentity ? [userIdentity.Type, userIdentity.PrincipalId].filter(Boolean).join(' ') : null,
    sequence: dynamodb?.SequenceNumber ?? '',
    at: dynamodb?.ApproximateCreationDateTime,
  };
}

/** Sequence numbers are decimal, and grow from change to change of a table. */
const newestFirst = (a: TailRecord, b: TailRecord): number =>
  b.sequence.length - a.sequence.length || (a.sequence < b.sequence ? 1 : a.sequence > b.sequence ? -1 : 0);

/** Shards answer one after the other: what has arrived may belong between what is shown. */
export function withRecords({ records, dropped }: TailView, arrived: StreamRecord[]): TailView {
  const all = [...arrived.map(recordOf), ...records].sort(newestFirst);
  return { records: all.slice(0, RECORDS_MAX), dropped: dropped + Math.max(0, all.length - RECORDS_MAX) };
}

export function matching(records: readonly TailRecord[], text: string): readonly TailRecord[] {
  const wanted = text.trim().toLowerCase();
  return wanted ? records.filter((record) => record.keyText.toLowerCase().includes(wanted)) : records;
}
