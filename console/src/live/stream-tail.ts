// A stream as it grows. Reads all shards that are due, again and again while it runs; paused, it
// keeps its places. A failure is shown and tried again: the server may be away for a while.
//
// SPDX-License-Identifier: Apache-2.0
import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
  type DynamoDBStreamsClient,
  type Shard,
} from '@aws-sdk/client-dynamodb-streams';
import { useCallback, useEffect, useRef, useState } from 'react';

import { useSession } from '../api/session';
import { EMPTY_VIEW, withRecords, type TailView } from '../model/stream/records';
import { iteratorRequest, readable, tailFrom, withAnswer, withIterator, withRefusal, withShards, type Cursor, type Start, type Tail } from '../model/stream/tail';
import { PACE } from './query';

/** Rounds of reading between two looks for new shards; a shard that ends is reason for one, too. */
const ROUNDS_BETWEEN_LISTS = 5;

/** Resolves after the time, or at once when it is no longer wanted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function listShards(streams: DynamoDBStreamsClient, arn: string, abortSignal: AbortSignal): Promise<Shard[]> {
  const shards: Shard[] = [];
  let after: string | undefined;
  do {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: arn, ExclusiveStartShardId: after }), { abortSignal });
    shards.push(...(StreamDescription?.Shards ?? []));
    after = StreamDescription?.LastEvaluatedShardId;
  } while (after);
  return shards;
}

class Follower {
  private tail: Tail;
  private rounds = 0;

  constructor(
    private readonly streams: DynamoDBStreamsClient,
    private readonly arn: string,
    start: Start,
    private readonly onRecords: (records: StreamRecord[]) => void,
    private readonly onState: (error: unknown) => void,
  ) {
    this.tail = tailFrom(start);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let found = 0;
      try {
        found = await this.round(signal);
        if (!signal.aborted) this.onState(null);
      } catch (error) {
        if (!signal.aborted) this.onState(error);
      }
      // What has much to say is asked again at once.
      if (found === 0) await pause(PACE.live, signal);
    }
  }

  private async round(signal: AbortSignal): Promise<number> {
    if (!this.tail.cursors || this.rounds++ % ROUNDS_BETWEEN_LISTS === 0)
      this.tail = withShards(this.tail, await listShards(this.streams, this.arn, signal));
    const counts = await Promise.all(readable(this.tail).map((cursor) => this.read(cursor, signal)));
    return counts.reduce((all, one) => all + one, 0);
  }

  private async read(cursor: Cursor, abortSignal: AbortSignal): Promise<number> {
    const { shard } = cursor;
    try {
      let { iterator } = cursor;
      if (!iterator) {
        iterator = (await this.streams.send(new GetShardIteratorCommand(iteratorRequest(this.arn, cursor)), { abortSignal })).ShardIterator;
        this.tail = withIterator(this.tail, shard, iterator);
      }
      const { Records = [], NextShardIterator } = await this.streams.send(new GetRecordsCommand({ ShardIterator: iterator }), { abortSignal });
      if (abortSignal.aborted) return 0; // whoever goes on reads it again
      this.tail = withAnswer(this.tail, shard, Records.at(-1)?.dynamodb?.SequenceNumber, NextShardIterator);
      if (!NextShardIterator) this.rounds = 0;
      if (Records.length > 0) this.onRecords(Records);
      return Records.length;
    } catch (error) {
      const next = error instanceof Error ? withRefusal(this.tail, shard, error.name) : null;
      if (!next) throw error;
      this.tail = next;
      return 0;
    }
  }
}

export interface StreamTail {
  view: TailView;
  running: boolean;
  /** Of the last round; null: it went well. */
  error: unknown;
  /** Begins anew. */
  start(from: Start): void;
  pause(): void;
  /** Goes on where it was paused. */
  resume(): void;
  clear(): void;
  /** Whether there is a place to go on from. */
  started: boolean;
}

export function useStreamTail(region: string, arn: string): StreamTail {
  const { streams } = useSession().clients(region);
  const follower = useRef<Follower | null>(null);
  const [view, setView] = useState<TailView>(EMPTY_VIEW);
  const [error, setError] = useState<unknown>(null);
  // Counted, so that a new start ends the run before it.
  const [run, setRun] = useState({ number: 0, running: false });

  // Another stream has other shards.
  useEffect(() => {
    follower.current = null;
    setView(EMPTY_VIEW);
    setError(null);
    setRun(({ number }) => ({ number: number + 1, running: false }));
  }, [streams, arn]);

  useEffect(() => {
    if (!run.running || !follower.current) return;
    const abort = new AbortController();
    void follower.current.run(abort.signal);
    return () => abort.abort();
  }, [run]);

  const start = useCallback(
    (from: Start) => {
      setView(EMPTY_VIEW);
      follower.current = new Follower(streams, arn, from, (records) => setView((before) => withRecords(before, records)), setError);
      setRun(({ number }) => ({ number: number + 1, running: true }));
    },
    [streams, arn],
  );
  const set = (running: boolean) => setRun(({ number }) => ({ number: number + 1, running }));

  return {
    view,
    running: run.running,
    error,
    start,
    pause: () => set(false),
    resume: () => set(true),
    clear: () => setView(EMPTY_VIEW),
    started: follower.current !== null,
  };
}
