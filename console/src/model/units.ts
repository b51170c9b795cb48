// Numbers in writing: separators, units, durations. One place, so that the same number looks the
// same everywhere.
//
// SPDX-License-Identifier: Apache-2.0
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
/** What was not scaled keeps all its digits. */
const few0 = (value: number): string => (Number.isInteger(value) ? whole : few).format(value);
const few = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export const NONE = '–';

type Maybe = number | null | undefined;

const isNumber = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value);

export function count(value: Maybe): string {
  return isNumber(value) ? whole.format(value) : NONE;
}

export function counted(value: Maybe, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let at = 0;
  while (Math.abs(value) >= base && at < units.length - 1) {
    value /= base;
    at++;
  }
  return `${at === 0 ? few0(value) : few.format(value)} ${units[at]}`;
}

export function bytes(value: Maybe): string {
  return isNumber(value) ? scaled(value, 1024, ['bytes', 'KB', 'MB', 'GB', 'TB']) : NONE;
}

export function rate(value: Maybe): string {
  if (!isNumber(value)) return NONE;
  return value >= 10_000 ? `${scaled(value, 1000, ['', 'k', 'M'])}/s` : `${few.format(value)}/s`;
}

export function microseconds(value: Maybe): string {
  return isNumber(value) ? scaled(value, 1000, ['µs', 'ms', 's']) : NONE;
}

export function milliseconds(value: Maybe): string {
  return isNumber(value) ? microseconds(value * 1000) : NONE;
}

/** What a request consumed. */
export function capacityUnits(value: number): string {
  return `${tenths.format(value)} capacity ${value === 1 ? 'unit' : 'units'} consumed`;
}

export function percent(share: Maybe): string {
  return isNumber(share) ? `${few.format(share * 100)} %` : NONE;
}

/** "3 d 4 h", "5 min 2 s": the two greatest parts. */
export function duration(ms: Maybe): string {
  if (!isNumber(ms)) return NONE;
  let left = Math.floor(Math.abs(ms) / 1000);
  const parts: string[] = [];
  for (const [unit, seconds] of [['d', 86_400], ['h', 3_600], ['min', 60], ['s', 1]] as const) {
    const n = Math.floor(left / seconds);
    left -= n * seconds;
    if (n > 0 || (unit === 's' && parts.length === 0)) parts.push(`${n} ${unit}`);
  }
  return (ms < 0 ? '−' : '') + parts.slice(0, 2).join(' ');
}

const local = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit',
});

export function localTime(at: Date): string {
  return local.format(at);
}

export function utcTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
