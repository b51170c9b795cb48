// What somebody should look at, and what to do about it. From what the server says now and from
// the last hour.
//
// SPDX-License-Identifier: Apache-2.0
import type { Series, Status } from '../api/admin-types';
import { spanOf, valuesOf, wholeOf, type Hour } from '../live/history';
import { linksOf } from './links';
import { isAway, regionsOf } from './regions';
import { bytes, counted, milliseconds } from './units';

export interface Alarm {
  id: string;
  severity: 'error' | 'warning' | 'info';
  title: string;
  advice: string;
  /** A command that helps. */
  command?: string;
}

/** A clock that far off makes "the last write" of two Regions a matter of luck. */
export const SKEW_MAX_MS = 500;
export const DISK_FREE_LOW = 1024 ** 3;
/** Fewer pending changes than these are under way, not a queue. */
const PENDING_FEW = 100;

/** Over the span the least of its last fifth is above the greatest of its first. */
export function isGrowing(values: Series, few = PENDING_FEW): boolean {
  const known = values.filter((value) => value !== null);
  const fifth = Math.floor(known.length / 5);
  if (fifth < 5) return false;
  const least = Math.min(...known.slice(-fifth));
  return least > few && least > Math.max(...known.slice(0, fifth));
}

const order = { error: 0, warning: 1, info: 2 } as const;

function regionAlarms(status: Status): Alarm[] {
  const alarms: Alarm[] = [];
  for (const { region, health, status: here } of regionsOf(status)) {
    if (health === 'stopped')
      alarms.push({
        id: `stopped ${region}`, severity: 'error', title: `${region} is stopped`,
        advice: 'Its requests are refused; the other Regions serve on and keep what it misses. Start it again, and it catches up.',
        ...(status.mode === 'dev' ? { command: `tropic region ${region} --start` } : {}),
      });
    if (health === 'fenced')
      alarms.push({
        id: `fenced ${region}`, severity: 'error', title: `${region} is fenced: its data folder has lost its memory`,
        advice: 'It came back with less than it had acknowledged, and refuses writes. In another Region, delete its replica of each table, then create it again.',
        command: `aws dynamodb update-table --table-name TABLE --replica-updates '[{"Delete": {"RegionName": "${region}"}}]'`,
      });
    if (health === 'unreachable')
      alarms.push({
        id: `away ${region}`, severity: 'error', title: `${region} cannot be reached`,
        advice: 'No link to it is up. See whether its server runs, and whether its port for links is open from here.',
      });
    const free = here?.engine.free_bytes;
    if (here?.engine.full === true)
      alarms.push({
        id: `full ${region}`, severity: 'error', title: `The disk of ${region} is full`,
        advice: 'Writes are refused until there is space; reads go on. Free some, or enlarge the file system: nothing needs a restart.',
      });
    else if (typeof free === 'number' && free > 0 && free < DISK_FREE_LOW)
      alarms.push({
        id: `free ${region}`, severity: 'warning', title: `The disk of ${region} has ${bytes(free)} left`,
        advice: 'When it is full, writes are refused. Free some space, or enlarge the file system.',
      });
  }
  return alarms;
}

function linkAlarms(status: Status, hour: Hour | undefined): Alarm[] {
  const alarms: Alarm[] = [];
  const away = new Set(regionsOf(status).filter(({ health }) => isAway(health)).map(({ region }) => region));
  for (const { key, a, b, state, directions } of linksOf(status, hour)) {
    if (state === 'cut')
      alarms.push({
        id: `cut ${key}`, severity: 'warning', title: `The link between ${a} and ${b} is cut`,
        advice: 'Somebody cut it on purpose. Both Regions read and write on, and catch up when it is healed.',
        command: `tropic link ${a} ${b} --heal`,
      });
    else if (state === 'down' && !away.has(a) && !away.has(b))
      alarms.push({
        id: `down ${key}`, severity: 'error', title: `The link between ${a} and ${b} is down`,
        advice: 'Look at the network between them, at the certificates, and at the log of either server.',
      });
    const skew = Math.max(...directions.map(({ skewMs }) => Math.abs(skewMs ?? 0)));
    if (skew > SKEW_MAX_MS)
      alarms.push({
        id: `skew ${key}`, severity: 'warning', title: `The clocks of ${a} and ${b} are ${milliseconds(skew)} apart`,
        advice: 'Of two writes of one item the later wins, by these clocks. Have both follow a time server (chrony).',
      });
    if (!hour) continue;
    for (const { from, to } of directions) {
      const pending = valuesOf(hour, spanOf(hour, '5m'), 'feeds', 'pending_changes', (one) => one.region === from && one.peer === to);
      if (isGrowing(pending))
        alarms.push({
          id: `pending ${from} ${to}`, severity: 'warning',
          title: `${counted(pending.findLast((value) => value !== null), 'change')} of ${from} wait for ${to}, and more each minute`,
          advice: `${to} takes them slower than they are made. See its disk and load, and the lag of this pair on the Globe.`,
        });
    }
  }
  return alarms;
}

function conflictAlarms(status: Status, hour: Hour): Alarm[] {
  return [...new Set(status.feeds.map(({ table }) => table))].sort().flatMap((table): Alarm[] => {
    const met = wholeOf(hour, '1h', 'feeds', 'conflicts', (one) => one.table === table) ?? 0;
    return met === 0
      ? []
      : [{
          id: `conflicts ${table}`, severity: 'info', title: `${table}: ${counted(met, 'conflict')} in the last hour`,
          advice: 'The same item was written in two Regions at once: the later write won, the other is kept. See whether one that lost matters.',
          command: `tropic conflicts ${table}`,
        }];
  });
}

/** The worst first. Without an hour, only what can be seen now. */
export function alarmsOf(status: Status, hour: Hour | undefined): Alarm[] {
  return [...regionAlarms(status), ...linkAlarms(status, hour), ...(hour ? conflictAlarms(status, hour) : [])].sort(
    (one, other) => order[one.severity] - order[other.severity],
  );
}
