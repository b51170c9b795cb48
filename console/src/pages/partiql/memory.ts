// What the editor remembers while somebody is logged in: the text, the statements that ran, and what
// the last one found. Logging out forgets it with the session.
//
// SPDX-License-Identifier: Apache-2.0
import type { Session } from '../../api/session';
import type { Run } from '../../model/query/run';
import type { Field } from '../../model/item/form';

/** One statement of several: the item that it gave back, or how it failed. */
export interface StatementOutcome {
  statement: string;
  preview: string;
  error: { code: string; message: string } | null;
}

export type Outcome =
  | { kind: 'one'; run: Run<string>; select: boolean }
  /** What a transaction that failed consumed is not told. */
  | { kind: 'many'; outcomes: StatementOutcome[]; capacity: number | null };

export interface PartiqlMemory {
  text: string;
  fields: Field[];
  history: string[];
  outcome: Outcome | null;
}

const HISTORY_MAX = 20;
const memories = new WeakMap<Session, Map<string, PartiqlMemory>>();

/** One for each Region: the same statement means other items there. */
export function partiqlMemory(session: Session, region: string): PartiqlMemory {
  let regions = memories.get(session);
  if (!regions) memories.set(session, (regions = new Map()));
  let memory = regions.get(region);
  if (!memory) regions.set(region, (memory = { text: '', fields: [], history: [], outcome: null }));
  return memory;
}

export function remember(history: string[], text: string): string[] {
  return [text, ...history.filter((one) => one !== text)].slice(0, HISTORY_MAX);
}
