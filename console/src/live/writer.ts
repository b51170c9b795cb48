// A small load: puts items into a table of a Region at a steady rate, through the public API, so that
// replication has something to do. It stops with the page that started it, and while it waits for an
// answer it does not pile up requests.
//
// SPDX-License-Identifier: Apache-2.0
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { useEffect, useState } from 'react';

import { useSession } from '../api/session';
import { drillItem } from '../model/drillItem';
import type { KeyPart } from '../model/tables';

const IN_FLIGHT_MAX = 16;

export interface WriterSettings {
  table: string;
  key: KeyPart[];
  regions: string[];
  /** Items a second, in each Region. */
  rate: number;
  /** Different keys: the same in all Regions, so that writes can meet. */
  keys: number;
}

export interface WriterCounts {
  written: number;
  refused: number;
  lastError: unknown;
}

const NOTHING: WriterCounts = { written: 0, refused: 0, lastError: null };

/** Writes as long as there are settings. */
export function useWriter(settings: WriterSettings | null): WriterCounts {
  const session = useSession();
  const [counts, setCounts] = useState(NOTHING);

  useEffect(() => {
    if (!settings) return;
    const { table, key, regions, rate, keys } = settings;
    const abort = new AbortController();
    setCounts((before) => ({ ...before, lastError: null }));

    function writerOf(region: string) {
      const { dynamodb } = session.clients(region);
      let number = 0;
      let inFlight = 0;
      return async () => {
        if (inFlight >= IN_FLIGHT_MAX) return;
        inFlight++;
        try {
          const Item = drillItem(key, number++ % keys, { region, at: new Date() });
          await dynamodb.send(new PutItemCommand({ TableName: table, Item }), { abortSignal: abort.signal });
          setCounts((before) => ({ ...before, written: before.written + 1 }));
        } catch (error) {
          if (!abort.signal.aborted) setCounts((before) => ({ ...before, refused: before.refused + 1, lastError: error }));
        } finally {
          inFlight--;
        }
      };
    }

    const writers = regions.map(writerOf);
    const timer = setInterval(() => writers.forEach((write) => void write()), 1000 / rate);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [session, settings]);

  return counts;
}
