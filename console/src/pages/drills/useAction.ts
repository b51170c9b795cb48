// Something done to the server, whose effect the next status shows.
//
// SPDX-License-Identifier: Apache-2.0
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';

export interface Action {
  busy: boolean;
  error: unknown;
  run(call: () => Promise<unknown>): Promise<void>;
}

export function useAction(): Action {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = useCallback(
    async (call: () => Promise<unknown>) => {
      setBusy(true);
      setError(null);
      try {
        await call();
      } catch (problem) {
        setError(problem);
      }
      await client.invalidateQueries({ queryKey: ['status'] });
      setBusy(false);
    },
    [client],
  );
  return { busy, error, run };
}

/**
 * The newest of many values: while one is being sent, those between it and the newest are left out.
 * `draft` is what was chosen and is not yet done; null: nothing.
 */
export function useNewest<T>(send: (value: T) => Promise<void>): { draft: T | null; set: (value: T) => void } {
  const [draft, setDraft] = useState<T | null>(null);
  const waiting = useRef<{ value: T } | null>(null);
  const sending = useRef(false);

  async function pump() {
    sending.current = true;
    while (waiting.current) {
      const { value } = waiting.current;
      waiting.current = null;
      await send(value);
    }
    sending.current = false;
    setDraft(null);
  }

  return {
    draft,
    set(value) {
      setDraft(() => value);
      waiting.current = { value };
      if (!sending.current) void pump();
    },
  };
}
