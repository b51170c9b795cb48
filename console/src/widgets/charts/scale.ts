// Where values and times go on a chart, and which of them are written at its axes. Pure.
//
// SPDX-License-Identifier: Apache-2.0
import type { Series } from '../../api/admin-types';

/** 0 and up, in even steps that people count in: 1, 2 or 5 of a power of the base, `least` at least. */
export function niceTicks(greatest: number, wanted = 4, base = 10, least = 0): number[] {
  if (!(greatest > 0)) return [0, 1];
  const rough = greatest / wanted;
  const power = base ** Math.floor(Math.log(rough) / Math.log(base));
  const multiples = base === 10 ? [1, 2, 5, 10] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  const step = Math.max(least, power * (multiples.find((multiple) => multiple * power >= rough) ?? base));
  const count = Math.ceil(greatest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, at) => at * step);
}

const MINUTE_MS = 60_000;
const TIME_STEPS = [1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE_MS);

/** Whole minutes between two times, at most `wanted` of them. */
export function timeTicks(fromMs: number, untilMs: number, wanted: number): number[] {
  const step = TIME_STEPS.find((one) => (untilMs - fromMs) / one <= wanted) ?? TIME_STEPS.at(-1)!;
  const ticks: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= untilMs; at += step) ticks.push(at);
  return ticks;
}

/** An SVG path of the values; a gap where there is none, a dot where one stands alone. */
export function linePath(values: Series, x: (at: number) => number, y: (value: number) => number): string {
  let path = '';
  let pen = false;
  values.forEach((value, at) => {
    if (value === null) {
      pen = false;
      return;
    }
    const alone = !pen && (values[at + 1] ?? null) === null;
    path += `${pen ? 'L' : 'M'}${x(at).toFixed(1)},${y(value).toFixed(1)}${alone ? 'h0' : ''}`;
    pen = true;
  });
  return path;
}

export function greatestOf(series: { values: Series }[]): number {
  let greatest = 0;
  for (const { values } of series) for (const value of values) if (value !== null && value > greatest) greatest = value;
  return greatest;
}

export function lastOf(values: Series): number | null {
  return values.findLast((value) => value !== null) ?? null;
}
