// What is charted: which numbers of the hour make which lines, and their units.
//
// SPDX-License-Identifier: Apache-2.0
import { labelsOf, perSecond, valuesOf, type Column, type Hour, type Labels, type Span } from '../../live/history';
import { feedPairs } from '../../model/links';
import { bytes, count, microseconds, milliseconds, rate } from '../../model/units';
import type { Line } from './LineChart';
import type { Metric } from './LiveChart';

const hasValues = ({ values }: Line): boolean => values.some((value) => value !== null);
const happens = ({ values }: Line): boolean => values.some((value) => value !== null && value > 0);
const sumOf = ({ values }: Line): number => values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

/** The operations of a Region, or of all, busiest first. */
function perOperation(hour: Hour, span: Span, region: string | null, column: Column<'operations'>): Line[] {
  const here = ({ region: of }: Labels) => region === null || of === region;
  const names = [...new Set(labelsOf(hour, 'operations').filter(here).map(({ operation = '' }) => operation))];
  return names
    .map((name) => ({ name, values: valuesOf(hour, span, 'operations', column, (one) => here(one) && one.operation === name) }))
    .sort((one, other) => sumOf(other) - sumOf(one) || (one.name < other.name ? -1 : 1));
}

function ratesOf(lines: Line[], span: Span): Line[] {
  return lines.filter(happens).map(({ name, values }) => ({ name, values: perSecond(values, span.step) }));
}

/** Of all operations together: one line for what happened. */
function total(hour: Hour, span: Span, region: string | null, name: string, column: Column<'operations'>): Line {
  return { name, values: perSecond(valuesOf(hour, span, 'operations', column, (one) => region === null || one.region === region), span.step) };
}

/** Requests of a Region; null: of all Regions of this server. */
export function requestMetrics(region: string | null): Metric[] {
  const none = 'No requests in this time. Make some, and they show here.';
  return [
    {
      id: 'requests', title: 'Requests', description: 'per second and operation', format: rate, empty: none,
      lines: (hour, span) => ratesOf(perOperation(hour, span, region, 'requests'), span),
    },
    {
      id: 'latency-p50', title: 'Latency p50', description: 'half of the requests took no longer', format: microseconds, empty: none,
      lines: (hour, span) => perOperation(hour, span, region, 'latency_us_p50').filter(hasValues),
    },
    {
      id: 'latency-p99', title: 'Latency p99', description: '99 of 100 requests took no longer', format: microseconds, empty: none,
      lines: (hour, span) => perOperation(hour, span, region, 'latency_us_p99').filter(hasValues),
    },
    {
      id: 'errors', title: 'Errors and throttles', description: 'per second, of all operations', format: rate, empty: none,
      lines: (hour, span) =>
        [
          total(hour, span, region, 'User errors', 'user_errors'),
          total(hour, span, region, 'System errors', 'system_errors'),
          total(hour, span, region, 'Throttled', 'throttled'),
        ].filter(hasValues),
    },
  ];
}

/** Replication into `region`, or into all; of one table, or of all together. */
export function replicationMetrics(region: string | null, table?: string): Metric[] {
  const none = table
    ? 'This table has no replica in another Region. Create one under Global tables.'
    : 'No table has replicas. Create one under Global tables of a table.';
  const perPair = (column: Column<'feeds'>, end: 'from' | 'to', as: (values: Line['values'], span: Span) => Line['values'] = (values) => values) =>
    (hour: Hour, span: Span): Line[] =>
      feedPairs(hour, table)
        .filter((pair) => region === null || pair.to === region || pair.from === region)
        .map(({ from, to }) => {
          // What is pending is counted where it leaves, all else where it arrives.
          const [at, peer] = end === 'to' ? [to, from] : [from, to];
          const values = valuesOf(hour, span, 'feeds', column, (one) => one.region === at && one.peer === peer && (!table || one.table === table));
          return { name: `${from} → ${to}`, values: as(values, span) };
        })
        .filter(hasValues);
  const quiet = 'Nothing was replicated in this time.';
  return [
    { id: 'lag-p50', title: 'Replication lag p50', description: 'from commit there to commit here', format: milliseconds, empty: quiet, lines: perPair('lag_ms_p50', 'to') },
    { id: 'lag-p99', title: 'Replication lag p99', description: 'from commit there to commit here', format: milliseconds, empty: quiet, lines: perPair('lag_ms_p99', 'to') },
    { id: 'applied', title: 'Changes applied', description: 'per second', format: rate, empty: none, lines: perPair('applied', 'to', (values, span) => perSecond(values, span.step)) },
    { id: 'pending', title: 'Pending changes', description: 'not yet acknowledged by the other Region', format: count, whole: true, empty: none, lines: perPair('pending_changes', 'from') },
    { id: 'conflicts', title: 'Conflicts', description: 'writes that met a concurrent write of another Region', format: count, whole: true, empty: none, lines: perPair('conflicts', 'to') },
  ];
}

/** Bytes between Regions, all tables together. */
export function trafficMetric(region: string | null): Metric {
  return {
    id: 'traffic', title: 'Traffic of links', description: 'bytes received per second', base: 1024, whole: true, empty: 'This server has no links.',
    format: (value) => (value === null ? bytes(null) : `${bytes(value)}/s`),
    lines: (hour, span) =>
      labelsOf(hour, 'links')
        .filter((one) => region === null || one.region === region)
        .map(({ region: to, peer = '' }) => ({
          name: `${peer} → ${to}`,
          values: perSecond(valuesOf(hour, span, 'links', 'bytes_received', (one) => one.region === to && one.peer === peer), span.step),
        }))
        .filter(hasValues)
        .sort((one, other) => (one.name < other.name ? -1 : 1)),
  };
}

/** Items and size of a table in each Region of this server. */
export function tableMetrics(table: string): Metric[] {
  const perRegion = (column: Column<'tables'>) => (hour: Hour, span: Span): Line[] =>
    labelsOf(hour, 'tables')
      .filter((one) => one.table === table)
      .map(({ region }) => ({ name: region, values: valuesOf(hour, span, 'tables', column, (one) => one.table === table && one.region === region) }))
      .filter(hasValues);
  const none = 'No numbers of this table in this time.';
  return [
    { id: 'items', title: 'Items', description: 'in each Region', format: count, whole: true, empty: none, lines: perRegion('items') },
    { id: 'size', title: 'Size', description: 'in each Region', format: bytes, base: 1024, whole: true, empty: none, lines: perRegion('bytes') },
  ];
}
