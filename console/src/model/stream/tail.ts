// Following a stream: which shards to read now, from where, and what an answer changes. A shard is
// read after its parent has been read to its end, so the records of one item come in their order.
// Everything here is a function of the state before; live/stream-tail.ts makes the requests.
//
// SPDX-License-Identifier: Apache-2.0
import type { GetShardIteratorCommandInput, Shard } from '@aws-sdk/client-dynamodb-streams';

export type Start = 'LATEST' | 'TRIM_HORIZON';

export interface Cursor {
  shard: string;
  parent: string | undefined;
  /** Where reading goes on; undefined: `position` says where an iterator is to be had. */
  iterator: string | undefined;
  position: { type: Start } | { after: string };
  /** Read to its end, or not to be read. */
  done: boolean;
}

export interface Tail {
  start: Start;
  /** Undefined until shards were listed for the first time. */
  cursors: ReadonlyMap<string, Cursor> | undefined;
}

export const tailFrom = (start: Start): Tail => ({ start, cursors: undefined });

/**
 * Takes in the shards of the stream. From LATEST, what was closed before the first look is not read;
 * a shard that appears later is read from its beginning, for it continues one that was read.
 * Shards that are listed no more are forgotten.
 */
export function withShards(tail: Tail, listed: Shard[]): Tail {
  const first = tail.cursors === undefined;
  const latest = first && tail.start === 'LATEST';
  const cursors = new Map<string, Cursor>();
  for (const { ShardId: shard, ParentShardId: parent, SequenceNumberRange: range } of listed) {
    if (!shard) continue;
    cursors.set(
      shard,
      tail.cursors?.get(shard) ?? {
        shard,
        parent,
        iterator: undefined,
        position: { type: latest ? 'LATEST' : 'TRIM_HORIZON' },
        done: latest && range?.EndingSequenceNumber !== undefined,
      },
    );
  }
  return { ...tail, cursors };
}

/** Shards to ask now: not at their end, and after their parents. */
export function readable({ cursors }: Tail): Cursor[] {
  return [...(cursors?.values() ?? [])].filter(({ done, parent }) => !done && (!parent || (cursors?.get(parent)?.done ?? true)));
}

export function iteratorRequest(arn: string, { shard, position }: Cursor): GetShardIteratorCommandInput {
  return 'after' in position
    ? { StreamArn: arn, ShardId: shard, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.after }
    : { StreamArn: arn, ShardId: shard, ShardIteratorType: position.type };
}

function changed(tail: Tail, shard: string, change: Partial<Cursor>): Tail {
  const cursor = tail.cursors?.get(shard);
  if (!cursor) return tail;
  return { ...tail, cursors: new Map(tail.cursors).set(shard, { ...cursor, ...change }) };
}

export const withIterator = (tail: Tail, shard: string, iterator: string | undefined): Tail => changed(tail, shard, { iterator });

/** After an answer: `last` is the sequence number of its last record, `next` its next iterator. */
export function withAnswer(tail: Tail, shard: string, last: string | undefined, next: string | undefined): Tail {
  return changed(tail, shard, { iterator: next, done: next === undefined, ...(last ? { position: { after: last } } : {}) });
}

/**
 * After a refusal: the tail to go on with, or null when that is not known. An iterator lives for 15
 * minutes, records for 24 hours, and a shard as long as its records.
 */
export function withRefusal(tail: Tail, shard: string, code: string): Tail | null {
  switch (code) {
    case 'ExpiredIteratorException':
      return changed(tail, shard, { iterator: undefined });
    case 'TrimmedDataAccessException':
      return changed(tail, shard, { iterator: undefined, position: { type: 'TRIM_HORIZON' } });
    case 'ResourceNotFoundException':
      return changed(tail, shard, { iterator: undefined, done: true });
    default:
      return null;
  }
}
