// Lines over time. Cloudscape's chart draws a line straight through what is missing; here a Region
// that was stopped leaves a gap. Hundreds of points a second are one path for each line, so that a
// page full of charts costs next to nothing.
//
// By keyboard it is a slider over time: the arrow keys go from point to point, and what is heard is
// what the pointer shows.
//
// SPDX-License-Identifier: Apache-2.0
import './charts.css';

import * as awsui from '@cloudscape-design/design-tokens';
import { memo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';

import type { Series } from '../../api/admin-types';
import type { Span } from '../../live/history';
import { useWidth } from '../useWidth';
import { greatestOf, lastOf, linePath, niceTicks, timeTicks } from './scale';

export interface Line {
  name: string;
  values: Series;
}

/** All that a chart shows, and its table. */
export interface ChartData {
  label: string;
  span: Span;
  lines: Line[];
  format: (value: number | null) => string;
  /** What values are counted in: steps of ten, or of 1024 for bytes. */
  base?: 10 | 1024;
  /** There is nothing between 0 and 1. */
  whole?: boolean;
}

const COLOURS = [
  awsui.colorChartsPaletteCategorical1, awsui.colorChartsPaletteCategorical2, awsui.colorChartsPaletteCategorical3,
  awsui.colorChartsPaletteCategorical4, awsui.colorChartsPaletteCategorical5, awsui.colorChartsPaletteCategorical6,
  awsui.colorChartsPaletteCategorical7, awsui.colorChartsPaletteCategorical8, awsui.colorChartsPaletteCategorical9,
  awsui.colorChartsPaletteCategorical10, awsui.colorChartsPaletteCategorical11, awsui.colorChartsPaletteCategorical12,
];
/** Neighbours differ in their dashes, too. */
const DASHES = [undefined, '7 4', '2 4', '9 4 2 4'];
/** More lines than that nobody can tell apart; the table has all. */
export const LINES_MAX = COLOURS.length;

const HEIGHT = 180;
const MARGIN = { top: 8, right: 8, bottom: 20, left: 58 };
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const clockSeconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export const timeOf = ({ fromMs, step }: Span, point: number): string => clockSeconds.format(fromMs + point * step * 1_000);

const Mark = memo(function Mark({ line }: { line: number }) {
  return (
    <svg width="22" height="8" aria-hidden="true">
      <line x1="1" x2="21" y1="4" y2="4" strokeWidth="2.5" strokeDasharray={DASHES[line % DASHES.length]} style={{ stroke: COLOURS[line] }} />
    </svg>
  );
});

export function LineChart({ label, span, lines: all, format, base = 10, whole = false }: ChartData) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  // Counted from the newest, so that the pointer stays where it is while time goes by.
  const [back, setBack] = useState<number | null>(null);
  const lines = all.slice(0, LINES_MAX);
  const inner = Math.max(1, width - MARGIN.left - MARGIN.right);
  const ticks = niceTicks(greatestOf(lines), 4, base, whole ? 1 : 0);
  const top = ticks.at(-1)!;
  const untilMs = span.fromMs + span.count * span.step * 1_000;
  const x = (point: number): number => MARGIN.left + ((point + 1) / span.count) * inner;
  const y = (value: number): number => MARGIN.top + (1 - value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const last = span.count - 1;
  const point = back === null ? null : Math.max(0, last - back);
  const valuesAt = (at: number) => lines.map(({ name, values }, line) => ({ name, line, value: values[at] ?? null })).filter(({ value }) => value !== null);
  const spokenAt = (at: number): string =>
    `${timeOf(span, at)}: ${valuesAt(at).map(({ name, value }) => `${name} ${format(value)}`).join(', ') || 'no values'}`;

  function onPointerMove({ clientX, currentTarget }: PointerEvent) {
    const at = Math.round(((clientX - currentTarget.getBoundingClientRect().left - MARGIN.left) / inner) * span.count - 1);
    setBack(last - Math.max(0, Math.min(last, at)));
  }

  function onKeyDown(event: KeyboardEvent) {
    const now = back ?? 0;
    const page = Math.round(span.count / 10);
    const moves: Record<string, number> = {
      ArrowLeft: now + 1, ArrowDown: now + 1, ArrowRight: now - 1, ArrowUp: now - 1,
      PageDown: now + page, PageUp: now - page, Home: last, End: 0,
    };
    if (event.key === 'Escape') setBack(null);
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    setBack(Math.max(0, Math.min(last, move)));
  }

  return (
    <>
      <div
        className="tropic-chart"
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={`${label}: point in time`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={point ?? last}
        aria-valuetext={spokenAt(point ?? last)}
        style={{ height: HEIGHT, color: awsui.colorBorderItemFocused }}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setBack(null)}
        onFocus={(event) => {
          if (event.currentTarget.matches(':focus-visible')) setBack((now) => now ?? 0);
        }}
        onBlur={() => setBack(null)}
        onKeyDown={onKeyDown}
      >
        {width > 0 ? (
          <svg viewBox={`0 0 ${width} ${HEIGHT}`} height={HEIGHT} aria-hidden="true">
            {ticks.map((tick) => (
              <g key={tick}>
                <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} style={{ stroke: awsui.colorChartsLineGrid }} />
                <text x={MARGIN.left - 8} y={y(tick)} textAnchor="end" dominantBaseline="middle" style={{ fill: awsui.colorTextBodySecondary }}>
                  {format(tick)}
                </text>
              </g>
            ))}
            {timeTicks(span.fromMs, untilMs, Math.max(2, Math.floor(inner / 64))).map((at) => (
              <text
                key={at}
                x={Math.min(x((at - span.fromMs) / span.step / 1_000 - 1), width - 20)}
                y={HEIGHT - 4}
                textAnchor="middle"
                style={{ fill: awsui.colorTextBodySecondary }}
              >
                {clock.format(at)}
              </text>
            ))}
            {lines.map(({ name, values }, line) => (
              <path key={name} d={linePath(values, x, y)} strokeDasharray={DASHES[line % DASHES.length]} style={{ stroke: COLOURS[line] }} />
            ))}
            {point === null ? null : (
              <>
                <line x1={x(point)} x2={x(point)} y1={MARGIN.top} y2={HEIGHT - MARGIN.bottom} style={{ stroke: awsui.colorTextBodySecondary }} />
                {valuesAt(point).map(({ name, line, value }) => (
                  <circle key={name} cx={x(point)} cy={y(value!)} r="3.5" style={{ fill: COLOURS[line] }} />
                ))}
              </>
            )}
          </svg>
        ) : null}
        {point === null ? null : (
          <div
            className="tropic-chart-values"
            aria-hidden="true"
            style={{
              background: awsui.colorBackgroundPopover,
              color: awsui.colorTextBodyDefault,
              border: `1px solid ${awsui.colorBorderPopover}`,
              borderRadius: awsui.borderRadiusPopover,
              ...(x(point) < width / 2 ? { left: x(point) + 12 } : { right: width - x(point) + 12 }),
            }}
          >
            <strong>{timeOf(span, point)}</strong>
            <table>
              <tbody>
                {valuesAt(point).map(({ name, line, value }) => (
                  <tr key={name}>
                    <td>
                      <Mark line={line} /> {name}
                    </td>
                    <td>{format(value)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {valuesAt(point).length === 0 ? 'No values' : null}
          </div>
        )}
      </div>
      <ul className="tropic-chart-legend" style={{ color: awsui.colorTextBodyDefault }}>
        {lines.map(({ name, values }, line) => (
          <li key={name}>
            <Mark line={line} /> {name}: {format(lastOf(values))}
          </li>
        ))}
        {all.length > lines.length ? <li>{all.length - lines.length} more in the table</li> : null}
      </ul>
    </>
  );
}
