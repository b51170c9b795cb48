// How the page keeps up with the server: everything shown is a query that asks again, at a pace that
// fits what it shows, only while the tab is visible. One store knows whether the server answers, so
// that the page can say so and go on by itself when it is back.
//
// SPDX-License-Identifier: Apache-2.0
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

import { isUnreachable } from '../api/errors';

/** Milliseconds between questions. */
export const PACE = {
  /** something moves: states, numbers that count */
  live: 1_000,
  /** a list that others may change */
  calm: 5_000,
} as const;

const listeners = new Set<() => void>();
let reachable = true;

function setReachable(now: boolean): void {
  if (now === reachable) return;
  reachable = now;
  listeners.forEach((listener) => listener());
  if (now) void queryClient.invalidateQueries();
}

/** False from the first question without an answer to the next answer. */
export function useReachable(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => reachable,
  );
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: () => setReachable(true),
    // A refusal is an answer, too.
    onError: (error) => setReachable(!isUnreachable(error)),
  }),
  defaultOptions: {
    queries: { retry: false, refetchOnWindowFocus: true, networkMode: 'always', staleTime: 500 },
    mutations: { retry: false, networkMode: 'always' },
  },
});
