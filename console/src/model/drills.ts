// Trouble on purpose, as the drills show and ask for it: what is injected into the links in units
// for people, what would make everything well again, and how far the replicas of a table are apart.
//
// SPDX-License-Identifier: Apache-2.0
import type { LinkChange, Shape, Status } from '../api/admin-types';
import { linksOf, replicaRegions } from './links';

/** One direction of a link: milliseconds and percent. */
export interface Trouble {
  delay: number;
  jitter: number;
  loss: number;
  cut: boolean;
}

export const NO_TROUBLE: Trouble = { delay: 0, jitter: 0, loss: 0, cut: false };

/** What the slider reaches, its step, and what the server takes at most. */
export const TROUBLES = {
  delay: { label: 'Delay', unit: 'ms', slider: 1_000, step: 10, most: 60_000 },
  jitter: { label: 'Jitter', unit: 'ms', slider: 500, step: 10, most: 60_000 },
  loss: { label: 'Loss', unit: '%', slider: 50, step: 1, most: 100 },
} as const;

export type TroubleKind = keyof typeof TROUBLES;

export function troubleOf(status: Status, from: string, to: string): Trouble {
  const shape = status.shapes.find((one) => one.from === from && one.to === to);
  return shape ? { delay: shape.delay_us / 1000, jitter: shape.jitter_us / 1000, loss: shape.loss_ppm / 10_000, cut: shape.cut } : NO_TROUBLE;
}

const isTrouble = ({ delay_us, jitter_us, loss_ppm, cut }: Shape): boolean => cut || delay_us > 0 || jitter_us > 0 || loss_ppm > 0;

/** In the words of POST /_tropic/v1/link. */
export function changeOf(from: string, to: string, oneWay: boolean, trouble: Partial<Trouble>): LinkChange {
  return {
    from,
    to,
    one_way: oneWay,
    ...(trouble.delay === undefined ? {} : { delay: `${trouble.delay}ms` }),
    ...(trouble.jitter === undefined ? {} : { jitter: `${trouble.jitter}ms` }),
    ...(trouble.loss === undefined ? {} : { loss: `${trouble.loss}%` }),
    ...(trouble.cut === undefined ? {} : { cut: trouble.cut }),
  };
}

/** A number that was typed for it; undefined: it cannot be. */
export function typedTrouble(kind: TroubleKind, typed: string): number | undefined {
  const value = Number(typed);
  const whole = kind === 'loss' || Number.isInteger(value);
  return typed.trim() !== '' && Number.isFinite(value) && whole && value >= 0 && value <= TROUBLES[kind].most ? value : undefined;
}

export interface Cure {
  links: LinkChange[];
  /** Regions to start. */
  start: string[];
  /** Regions whose clock is to be set right. */
  clocks: string[];
}

/** All that would make everything well again; nothing for what is. */
export function cureOf(status: Status): Cure {
  return {
    links: status.shapes.filter(isTrouble).map(({ from, to }) => changeOf(from, to, true, NO_TROUBLE)),
    start: status.regions.filter(({ state }) => state === 'stopped').map(({ name }) => name),
    clocks: status.regions.filter(({ state, clock_offset_ms }) => state === 'open' && clock_offset_ms !== 0).map(({ name }) => name),
  };
}

export const isCured = ({ links, start, clocks }: Cure): boolean => links.length + start.length + clocks.length === 0;

/** One replica beside the others. */
export interface ReplicaCount {
  region: string;
  /** null: its Region is stopped, or another server's. */
  items: number | null;
  /** Items fewer than where there are most. */
  fewer: number | null;
  /** Its changes that others lack, and changes of others that it lacks. */
  leaving: number;
  arriving: number;
  conflicts: number | null;
  lagP99: number | null;
}

export function globalTables(status: Status | undefined): string[] {
  const names = (status?.tables ?? []).filter((table) => table.global).map(({ name }) => name);
  return [...new Set(names)].sort();
}

export function replicaCounts(status: Status, table: string): ReplicaCount[] {
  const directions = linksOf(status, undefined, table).flatMap((link) => link.directions);
  const of = (region: string) => status.tables.find((one) => one.region === region && one.name === table);
  const regions = [...replicaRegions(status, table)].sort();
  const most = Math.max(...regions.map((region) => of(region)?.items ?? 0));
  const sum = (values: (number | null)[]) => values.reduce<number>((all, one) => all + (one ?? 0), 0);

  return regions.map((region) => {
    const replica = of(region);
    const into = directions.filter(({ to }) => to === region);
    const lags = into.flatMap(({ lagP99 }) => lagP99 ?? []);
    return {
      region,
      items: replica?.items ?? null,
      fewer: replica ? most - replica.items : null,
      leaving: sum(directions.filter(({ from }) => from === region).map(({ pendingChanges }) => pendingChanges)),
      arriving: sum(into.map(({ pendingChanges }) => pendingChanges)),
      conflicts: replica?.conflicts ?? null,
      lagP99: lags.length > 0 ? Math.max(...lags) : null,
    };
  });
}
