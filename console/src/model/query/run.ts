// One run of a scan or query: all that it found so far, in order, and where it goes on. Pages are
// slices of that list, so that going back asks nothing again; what comes next is asked for when it
// is wanted. The run outlives the page that shows it: coming back from an item finds page,
// selection and place as they were.
//
// A filter may let nothing of a request through. Then the run goes on by itself, tells how much it
// has read, and can be stopped.
//
// SPDX-License-Identifier: Apache-2.0
import type { Item } from '../item/attribute';

/** `Cursor` is what the API calls the place to go on from: a key, or a token. */
export interface Answer<Cursor = Item> {
  items: Item[];
  scanned: number;
  capacity: number;
  next: Cursor | undefined;
}

/** Asks for what comes next; without a limit as much as one answer holds. */
export type Ask<Cursor = Item> = (
  after: Cursor | undefined,
  limit: number | undefined,
  signal: AbortSignal,
) => Promise<Answer<Cursor>>;

export interface RunState {
  items: Item[];
  /** From 1. */
  page: number;
  pageSize: number;
  /** There may be more after what was found. */
  more: boolean;
  scanned: number;
  capacity: number;
  requests: number;
  busy: boolean;
  stopped: boolean;
  error: unknown;
  selected: Item[];
  /** The names of all attributes that were met. The same list until there is another. */
  attributes: string[];
}

const FRESH: Omit<RunState, 'pageSize'> = {
  items: [], page: 1, more: true, scanned: 0, capacity: 0, requests: 0, busy: false, stopped: false, error: null, selected: [],
  attributes: [],
};

/** Items that one request of a filtered read looks at: few enough to be stopped soon. */
const FILTERED_LIMIT = 1000;
/** Of a page far away; an answer ends at its size before that. */
const LIMIT_MAX = 100_000;

export class Run<Cursor = Item> {
  private state: RunState;
  private next: Cursor | undefined;
  private call: AbortController | null = null;
  private readonly listeners = new Set<() => void>();
  /** Pixels from the top of the window. */
  scroll = 0;

  constructor(
    private readonly ask: Ask<Cursor>,
    private readonly filtered: boolean,
    pageSize: number,
  ) {
    this.state = { ...FRESH, pageSize };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): RunState => this.state;

  private set(change: Partial<RunState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach((listener) => listener());
  }

  select(selected: Item[]): void {
    this.set({ selected });
  }

  /** Shows a page, and asks for what it lacks. */
  async show(page: number, pageSize = this.state.pageSize): Promise<void> {
    this.pause();
    this.set({ page, pageSize, error: null, stopped: false });
    await this.fill();
  }

  /** Goes on where it was left, unless somebody stopped it or it failed. */
  resume(): void {
    if (!this.state.busy && !this.state.stopped && this.state.error === null) void this.fill();
  }

  /** Nobody looks any more. */
  pause(): void {
    this.call?.abort();
    this.call = null;
    if (this.state.busy) this.set({ busy: false });
  }

  stop(): void {
    this.pause();
    this.set({ stopped: true });
  }

  /** From the start. */
  async restart(): Promise<void> {
    this.forget();
    await this.fill();
  }

  /** What it found is out of date: the next look asks anew. */
  forget(): void {
    this.pause();
    this.next = undefined;
    this.scroll = 0;
    this.set({ ...FRESH });
  }

  /** An item was written or deleted here: the pages that show it need not ask again. */
  replace(matches: (item: Item) => boolean, by: Item | null): void {
    const changed = (items: Item[]): Item[] =>
      by ? items.map((item) => (matches(item) ? by : item)) : items.filter((item) => !matches(item));
    const { items, selected } = this.state;
    this.set({ items: changed(items), selected: changed(selected), attributes: this.met(by ? [by] : []) });
  }

  /** What was found, and all that comes after it, which the run does not keep. */
  async *everything(signal: AbortSignal): AsyncGenerator<Answer<Cursor>> {
    const { items, scanned, capacity, more } = this.state;
    let next = this.next;
    yield { items, scanned, capacity, next };
    if (!more) return;
    do {
      const answer = await this.ask(next, undefined, signal);
      if (signal.aborted) return;
      next = answer.next;
      yield answer;
    } while (next);
  }

  /** The names that were met, these items being met now. */
  private met(items: Item[]): string[] {
    const { attributes } = this.state;
    const names = new Set(attributes);
    for (const item of items) for (const name of Object.keys(item)) names.add(name);
    return names.size > attributes.length ? [...names] : attributes;
  }

  private wanted(): number {
    const { page, pageSize, items, more } = this.state;
    return more ? Math.max(0, page * pageSize - items.length) : 0;
  }

  private async fill(): Promise<void> {
    if (this.call || this.wanted() === 0) return this.settle();
    const call = new AbortController();
    this.call = call;
    this.set({ busy: true, error: null });
    try {
      while (this.wanted() > 0) {
        const limit = this.filtered ? FILTERED_LIMIT : Math.min(this.wanted(), LIMIT_MAX);
        const answer = await this.ask(this.next, limit, call.signal);
        if (call.signal.aborted) return;
        this.next = answer.next;
        const { items, scanned, capacity, requests } = this.state;
        this.set({
          items: answer.items.length > 0 ? [...items, ...answer.items] : items,
          attributes: this.met(answer.items),
          scanned: scanned + answer.scanned,
          capacity: capacity + answer.capacity,
          requests: requests + 1,
          more: answer.next !== undefined,
        });
      }
    } catch (error) {
      if (call.signal.aborted) return;
      this.set({ error });
    }
    this.call = null;
    this.set({ busy: false });
    this.settle();
  }

  /** The last page was full, and nothing came after it. */
  private settle(): void {
    const { items, page, pageSize, more } = this.state;
    const last = Math.max(1, Math.ceil(items.length / pageSize));
    if (!more && page > last) this.set({ page: last });
  }
}

/** The items of the page that is shown. */
export function pageOf({ items, page, pageSize }: RunState): Item[] {
  return items.slice((page - 1) * pageSize, page * pageSize);
}

/** The runs of one tab, the latest of them. */
export class Runs {
  private readonly runs = new Map<string, Run>();

  constructor(private readonly kept = 12) {}

  /** `prefix` names the table, `rest` the query. */
  of(prefix: string, rest: string, make: () => Run): Run {
    const key = `${prefix}\n${rest}`;
    const run = this.runs.get(key) ?? make();
    this.runs.delete(key);
    this.runs.set(key, run);
    const oldest = this.runs.keys().next().value;
    if (this.runs.size > this.kept && oldest !== undefined) {
      this.runs.get(oldest)?.pause();
      this.runs.delete(oldest);
    }
    return run;
  }

  /** The next who asks for it reads anew. */
  drop(prefix: string, rest: string): void {
    this.runs.delete(`${prefix}\n${rest}`);
  }

  /** `prefix` may be a part of what `of` was given, up to a slash. */
  each(prefix: string, change: (run: Run) => void): void {
    for (const [key, run] of this.runs) if (key.startsWith(`${prefix}\n`) || key.startsWith(`${prefix}/`)) change(run);
  }
}
