// Pairs of Regions and what goes on between them. A feed is described by the Region that has it
// here: what it applied and how late came from the peer, what is pending goes to the peer. So each
// direction takes its numbers from both ends; where an end is another server's, they are not known.
//
// SPDX-License-Identifier: Apache-2.0
import type { Status, StatusFeed } from '../api/admin-types';
import { labelsOf, spanOf, valuesOf, wholeOf, type Hour } from '../live/history';

export type LinkClass = 'idle' | 'quick' | 'behind' | 'far' | 'cut' | 'down';

/** Milliseconds of lag (p99) from which a link counts as behind, and as far behind. */
export const LAG_BEHIND_MS = 250;
export const LAG_FAR_MS = 2_000;

/** In words, for the legend and for who does not see colours. */
export const LINK_CLASSES: Record<LinkClass, { label: string; meaning: string }> = {
  quick: { label: 'Up to date', meaning: `lag below ${LAG_BEHIND_MS} ms` },
  behind: { label: 'Behind', meaning: `lag of ${LAG_BEHIND_MS} ms to ${LAG_FAR_MS / 1000} s` },
  far: { label: 'Far behind', meaning: `lag of ${LAG_FAR_MS / 1000} s or more` },
  idle: { label: 'Up, no changes', meaning: 'nothing was replicated in the last minute' },
  down: { label: 'Down', meaning: 'the Regions do not reach each other' },
  cut: { label: 'Cut', meaning: 'cut on purpose' },
};
/** The worst first. */
const SEVERITY: LinkClass[] = ['cut', 'down', 'far', 'behind', 'quick', 'idle'];

export interface Direction {
  from: string;
  to: string;
  state: LinkClass;
  lagP50: number | null;
  lagP99: number | null;
  pendingChanges: number | null;
  pendingBytes: number | null;
  /** Changes applied per second, a mean of the last seconds. */
  rate: number | null;
  /** In the last hour. */
  conflicts: number | null;
  /** How far the clock of `from` is ahead of that of `to`. */
  skewMs: number | null;
}

export interface LinkView {
  key: string;
  a: string;
  b: string;
  state: LinkClass;
  directions: [Direction, Direction];
}

/** Seconds over which "now" is a mean. */
export const NOW_SECONDS = 5;

export function meanOfLast(values: readonly (number | null)[], count: number): number | null {
  const known = values.slice(-count).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

const greatest = (values: number[]): number | null => (values.length === 0 ? null : Math.max(...values));
const sum = (values: number[]): number | null => (values.length === 0 ? null : values.reduce((all, one) => all + one, 0));

function lagClass(lag: number | null): LinkClass {
  if (lag === null) return 'idle';
  if (lag < LAG_BEHIND_MS) return 'quick';
  return lag < LAG_FAR_MS ? 'behind' : 'far';
}

function direction(status: Status, hour: Hour | undefined, from: string, to: string, table: string | undefined): Direction {
  const wanted = (one: { table?: string }) => table === undefined || one.table === table;
  const arriving = status.feeds.filter((feed) => feed.region === to && feed.peer === from && wanted(feed));
  const leaving = status.feeds.filter((feed) => feed.region === from && feed.peer === to && wanted(feed));
  const reports = status.links.filter(({ region, peer }) => (region === from && peer === to) || (region === to && peer === from));
  const isCut = status.shapes.some((shape) => shape.from === from && shape.to === to && shape.cut);
  const isUp = reports.length > 0 && reports.every(({ up }) => up);
  const lags = (pick: (feed: StatusFeed) => number) => greatest(arriving.map(pick).filter((lag) => lag >= 0));
  const lagP99 = lags((feed) => feed.lag_ms_p99);
  const here = reports.find(({ region }) => region === to);
  const mine = (one: { region: string; peer?: string; table?: string }) => one.region === to && one.peer === from && wanted(one);
  const known = hour && arriving.length > 0;

  return {
    from,
    to,
    state: isCut ? 'cut' : isUp ? lagClass(lagP99) : 'down',
    lagP50: lags((feed) => feed.lag_ms_p50),
    lagP99,
    pendingChanges: sum(leaving.map((feed) => feed.pending_changes)),
    pendingBytes: sum(leaving.map((feed) => feed.pending_bytes)),
    rate: known ? meanOfLast(valuesOf(hour, spanOf(hour, '5m'), 'feeds', 'applied', mine), NOW_SECONDS) : null,
    conflicts: known ? (wholeOf(hour, '1h', 'feeds', 'conflicts', mine) ?? 0) : null,
    skewMs: here && isUp ? here.skew_ms : null,
  };
}

export const worst = (classes: LinkClass[]): LinkClass => SEVERITY.find((one) => classes.includes(one)) ?? 'idle';

/** All pairs that this server has a link of, in order of names; of one table, or of all together. */
export function linksOf(status: Status, hour: Hour | undefined, table?: string): LinkView[] {
  const pairs = new Map<string, [string, string]>();
  for (const { region, peer } of status.links) {
    const [a, b] = region < peer ? [region, peer] : [peer, region];
    pairs.set(`${a} ${b}`, [a, b]);
  }
  return [...pairs]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, [a, b]]) => {
      const directions: [Direction, Direction] = [direction(status, hour, a, b, table), direction(status, hour, b, a, table)];
      return { key, a, b, directions, state: worst(directions.map(({ state }) => state)) };
    });
}

/** The link of two Regions; undefined: this server knows of none. */
export function linkBetween(status: Status, one: string, other: string, table?: string): LinkView | undefined {
  return linksOf(status, undefined, table).find(({ a, b }) => (a === one && b === other) || (a === other && b === one));
}

/** Every pair "from peer" of which the hour has a feed: what charts of replication show. */
export function feedPairs(hour: Hour, table?: string): { from: string; to: string }[] {
  const pairs = new Map<string, { from: string; to: string }>();
  for (const { region, peer = '', table: of } of labelsOf(hour, 'feeds')) {
    if (table === undefined || of === table) pairs.set(`${peer} ${region}`, { from: peer, to: region });
  }
  return [...pairs].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, pair]) => pair);
}

/** Regions with a replica of the table, of those that this server hosts or has feeds with. */
export function replicaRegions(status: Status, table: string): Set<string> {
  const regions = new Set<string>();
  for (const { region, name } of status.tables) if (name === table) regions.add(region);
  for (const feed of status.feeds) if (feed.table === table) regions.add(feed.peer).add(feed.region);
  return regions;
}
