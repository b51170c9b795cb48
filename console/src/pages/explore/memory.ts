// What the explorer remembers while somebody is logged in: the latest runs with all that they found,
// and which columns of which table were chosen. Logging out forgets it with the session.
//
// SPDX-License-Identifier: Apache-2.0
import type { Session } from '../../api/session';
import type { Column } from '../../model/query/columns';
import { Runs } from '../../model/query/run';

export interface View {
  columns: readonly Column[];
  wrap: boolean;
}

export const PLAIN_VIEW: View = { columns: [], wrap: false };

interface Memory {
  runs: Runs;
  views: Map<string, View>;
}

const memories = new WeakMap<Session, Memory>();

export function memoryOf(session: Session): Memory {
  let memory = memories.get(session);
  if (!memory) memories.set(session, (memory = { runs: new Runs(), views: new Map() }));
  return memory;
}

export const tablePrefix = (region: string, table: string): string => `${region}/${table}`;
