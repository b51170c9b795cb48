// One hour of what the server counts, kept in the page: samples come each second and are added to
// what is there, so that no second is asked for twice. Pure; useHistory.ts asks.
//
// Memory is bounded: of each number there are the last sixteen minutes by the second and the last
// hour by ten seconds (five KB), of at most SERIES_MAX series. Ten seconds become one as the server
// does it: counts are summed, of latencies the greatest counts, of a link's state the worst.
//
// The server numbers its samples from its start. The page has numbers of its own, a fixed distance
// (`shift`) from the server's, so that after a restart it goes on: what was before stays, and the
// time that the server was away is a gap.
//
// SPDX-License-Identifier: Apache-2.0
import type { History, Series } from '../api/admin-types';

export type Kind = 'operations' | 'feeds' | 'links' | 'tables';
export type Fold = 'sum' | 'greatest' | 'least' | 'last';

/** A column: how seconds become one number, and how several series do. */
type Folds = readonly [time: Fold, across: Fold];

const COUNTED: Folds = ['sum', 'sum'];
const WORST: Folds = ['greatest', 'greatest'];

/** What names a series of each kind, and how its numbers are put together. */
export const KINDS = {
  operations: {
    labels: ['region', 'operation'],
    columns: {
      requests: COUNTED, user_errors: COUNTED, system_errors: COUNTED, throttled: COUNTED,
      latency_us_p50: WORST, latency_us_p99: WORST,
    },
  },
  feeds: {
    labels: ['region', 'peer', 'table'],
    columns: {
      lag_ms_p50: WORST, lag_ms_p99: WORST,
      pending_changes: ['greatest', 'sum'], pending_bytes: ['greatest', 'sum'],
      applied: COUNTED, conflicts: COUNTED,
    },
  },
  links: { labels: ['region', 'peer'], columns: { up: ['least', 'least'], bytes_sent: COUNTED, bytes_received: COUNTED } },
  tables: { labels: ['region', 'table'], columns: { items: ['last', 'sum'], bytes: ['last', 'sum'] } },
} as const satisfies Record<Kind, { labels: readonly (keyof Labels)[]; columns: Record<string, Folds> }>;

export type Column<K extends Kind> = Extract<keyof (typeof KINDS)[K]['columns'], string>;

export interface Labels {
  region: string;
  operation?: string;
  peer?: string;
  table?: string;
}

/** Seconds of a coarse sample. */
const COARSE_STEP = 10;
/** Samples that are kept, of each sort: a little more than the greatest range of it. */
export const FINE = 960;
const COARSE = 366;
export const SERIES_MAX = 2_000;

/** Two answers whose sample 0 is further apart than this are of two lives of the server. */
const SAME_LIFE_MS = 2_000;

interface Track {
  fine: Float32Array; // NaN where there is nothing
  coarse: Float32Array;
}

interface Line {
  kind: Kind;
  labels: Labels;
  tracks: Map<string, Track>;
  /** The number at which it last had a value. */
  seen: number;
}

export interface Hour {
  /** Wall clock of number 0. */
  originMs: number;
  shift: number;
  /** The first number that is not known yet; and that the coarse samples do not have yet. */
  next: number;
  coarseNext: number;
  lines: Map<string, Line>;
  /** Series that there is no room for. */
  leftOut: number;
}

function fold(how: Fold, a: number, b: number): number {
  if (Number.isNaN(b)) return a;
  if (Number.isNaN(a)) return b;
  if (how === 'sum') return a + b;
  if (how === 'greatest') return Math.max(a, b);
  return how === 'least' ? Math.min(a, b) : b;
}

function lineOf(hour: Hour, kind: Kind, row: Labels): Line | null {
  const names = KINDS[kind].labels;
  const key = [kind, ...names.map((name) => row[name])].join('\n');
  let line = hour.lines.get(key);
  if (!line) {
    if (hour.lines.size >= SERIES_MAX) return null;
    line = { kind, labels: Object.fromEntries(names.map((name) => [name, row[name]])) as unknown as Labels, tracks: new Map(), seen: -1 };
    hour.lines.set(key, line);
  }
  return line;
}

/** Every value of an answer; a track is made for the first one, so that what never happens is free. */
function eachValue(hour: Hour, answer: History, use: (track: Track, time: Fold, entry: number, value: number) => void): void {
  const entries = (answer.next - answer.first) / answer.step;
  hour.leftOut = answer.series_left_out ?? 0;
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const columns = Object.entries<Folds>(KINDS[kind].columns);
    for (const row of answer[kind] as unknown as (Labels & Record<string, Series>)[]) {
      const line = lineOf(hour, kind, row);
      if (!line) {
        hour.leftOut++;
        continue;
      }
      for (const [column, [time]] of columns) {
        const values = row[column] ?? [];
        for (let entry = 0; entry < entries; entry++) {
          const value = values[entry] ?? null;
          if (value === null) continue;
          let track = line.tracks.get(column);
          if (!track) {
            track = { fine: new Float32Array(FINE).fill(NaN), coarse: new Float32Array(COARSE).fill(NaN) };
            line.tracks.set(column, track);
          }
          line.seen = answer.first + hour.shift + (entry + 1) * answer.step;
          use(track, time, entry, value);
        }
      }
    }
  }
}

/** Makes room for numbers up to `until`: what the ring held an hour before is cleared. */
function advance(hour: Hour, until: number): void {
  const bin = (at: number) => Math.floor(at / COARSE_STEP);
  const fineFrom = Math.max(hour.next, until - FINE);
  const coarseFrom = Math.max(bin(hour.next - 1) + 1, bin(until - 1) - COARSE + 1);
  for (const [key, { tracks, seen }] of hour.lines) {
    if (seen < until - COARSE * COARSE_STEP) {
      hour.lines.delete(key);
      continue;
    }
    for (const { fine, coarse } of tracks.values()) {
      for (let at = fineFrom; at < until; at++) fine[at % FINE] = NaN;
      for (let at = coarseFrom; at <= bin(until - 1); at++) if (at * COARSE_STEP >= hour.coarseNext) coarse[at % COARSE] = NaN;
    }
  }
  hour.next = until;
}

export function emptyHour(): Hour {
  return { originMs: 0, shift: 0, next: 0, coarseNext: 0, lines: new Map(), leftOut: 0 };
}

/** Adds an answer with step COARSE_STEP to an hour that has no seconds yet. */
export function addCoarse(hour: Hour, answer: History): void {
  hour.originMs = answer.from_ms - answer.first * 1_000;
  hour.coarseNext = answer.next;
  hour.next = Math.max(0, answer.next - FINE);
  eachValue(hour, answer, (track, _time, entry, value) => {
    track.coarse[(answer.first / COARSE_STEP + entry) % COARSE] = value;
  });
}

/**
 * Adds an answer by the second. 'restarted': nothing was added, the answer is of another life of the
 * server; ask again, `shift` is right now. 'lost': too much is missing to go on, begin anew.
 */
export function addSeconds(hour: Hour, answer: History): 'added' | 'restarted' | 'lost' {
  const origin = answer.from_ms - answer.first * 1_000;
  if (Math.abs(origin - (hour.originMs + hour.shift * 1_000)) > SAME_LIFE_MS) {
    const shift = Math.round((origin - hour.originMs) / 1_000);
    if (shift < 0 || answer.next + shift < hour.next) return 'lost'; // clocks went back
    hour.shift = shift;
    return 'restarted';
  }
  const first = answer.first + hour.shift;
  const until = answer.next + hour.shift;
  if (until - hour.next > 2 * FINE) return 'lost';
  const from = hour.next;
  const coarseFrom = Math.max(from, hour.coarseNext);
  hour.originMs = origin - hour.shift * 1_000; // follows the server's clock
  if (until > from) advance(hour, until);
  eachValue(hour, answer, (track, time, entry, value) => {
    const at = first + entry;
    if (at < from) return;
    if (at >= until - FINE) track.fine[at % FINE] = value;
    if (at < coarseFrom) return;
    const bin = Math.floor(at / COARSE_STEP) % COARSE;
    track.coarse[bin] = fold(time, track.coarse[bin]!, value);
  });
  return 'added';
}

/** Asks until `hour` is up to now. */
export async function follow(
  before: Hour | undefined,
  ask: (body: { after?: number; step?: number }) => Promise<History>,
): Promise<Hour> {
  let hour = before;
  for (;;) {
    if (!hour) {
      hour = emptyHour();
      for (let more = true; more; ) {
        const answer: History = await ask({ after: hour.coarseNext, step: COARSE_STEP });
        addCoarse(hour, answer);
        more = answer.more === true;
      }
    }
    const answer = await ask({ after: Math.max(0, hour.next - hour.shift) });
    const outcome = addSeconds(hour, answer);
    if (outcome === 'lost') hour = undefined;
    else if (outcome === 'added' && !answer.more) return { ...hour };
  }
}

/** What the charts can show; `step` seconds make a point. */
export const RANGES = {
  '5m': { label: '5 minutes', seconds: 300, step: 1 },
  '15m': { label: '15 minutes', seconds: 900, step: 5 },
  '1h': { label: '1 hour', seconds: 3_600, step: 10 },
} as const;
export type Range = keyof typeof RANGES;

/** Some points in time: `count` of them, `step` seconds each, from number `first`. */
export interface Span {
  first: number;
  count: number;
  step: number;
  fromMs: number;
}

/** The range up to the last point that is whole. */
export function spanOf(hour: Hour, range: Range): Span {
  const { seconds, step } = RANGES[range];
  const first = Math.floor(hour.next / step) * step - seconds;
  return { first, count: seconds / step, step, fromMs: hour.originMs + first * 1_000 };
}

function pointOf(track: Track, time: Fold, span: Span, point: number, next: number): number {
  const at = span.first + point * span.step;
  if (at < 0) return NaN;
  if (span.step === COARSE_STEP) return track.coarse[(at / COARSE_STEP) % COARSE]!;
  let value = NaN;
  for (let second = at; second < at + span.step; second++) {
    if (second >= next - FINE) value = fold(time, value, track.fine[second % FINE]!);
  }
  return value;
}

/** One column of all series that `where` wants, put together. Null where none has a value. */
export function valuesOf<K extends Kind>(hour: Hour, span: Span, kind: K, column: Column<K>, where: (labels: Labels) => boolean): Series {
  const columns: Record<string, Folds> = KINDS[kind].columns;
  const [time, across] = columns[column]!;
  const sums = new Float64Array(span.count).fill(NaN);
  for (const line of hour.lines.values()) {
    const track = line.kind === kind && where(line.labels) ? line.tracks.get(column) : undefined;
    if (!track) continue;
    for (let point = 0; point < span.count; point++) {
      sums[point] = fold(across, sums[point]!, pointOf(track, time, span, point, hour.next));
    }
  }
  return Array.from(sums, (value) => (Number.isNaN(value) ? null : value));
}

export function perSecond(values: Series, step: number): Series {
  return values.map((value) => (value === null ? null : value / step));
}

/** The names of all series of a kind, in order of time of their first value. */
export function labelsOf(hour: Hour, kind: Kind): Labels[] {
  return [...hour.lines.values()].filter((line) => line.kind === kind).map(({ labels }) => labels);
}

/** A column over everything that is held, as one number. */
export function wholeOf<K extends Kind>(hour: Hour, range: Range, kind: K, column: Column<K>, where: (labels: Labels) => boolean): number | null {
  const columns: Record<string, Folds> = KINDS[kind].columns;
  const [time] = columns[column]!;
  const whole = valuesOf(hour, spanOf(hour, range), kind, column, where).reduce<number>((sum, value) => fold(time, sum, value ?? NaN), NaN);
  return Number.isNaN(whole) ? null : whole;
}
