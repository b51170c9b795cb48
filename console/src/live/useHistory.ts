// The hour of samples, live: one request a second for the whole page, and only while something that
// shows it is on the screen.
//
// SPDX-License-Identifier: Apache-2.0
import { useQuery, useQueryClient } from '@tanstack/react-query';

import { useSession } from '../api/session';
import { follow, type Hour } from './history';
import { PACE } from './query';

const KEY = ['history'];

/** Undefined until the first answer. A new object with each sample: memoize by it. */
export function useHistory(enabled = true): { hour: Hour | undefined; error: Error | null } {
  const { admin } = useSession();
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => follow(client.getQueryData<Hour>(KEY), (body) => admin.history(body, signal)),
    refetchInterval: PACE.live,
    enabled,
    structuralSharing: false,
  });
  return { hour: data, error };
}
