// A link and a Region as they are drawn. Each is one stop of the Tab key, and says all of its numbers.
//
// SPDX-License-Identifier: Apache-2.0
import * as awsui from '@cloudscape-design/design-tokens';
import type { GeoPath } from 'd3-geo';
import { useMemo } from 'react';

import type { LinkView } from '../../model/links';
import type { Health } from '../../model/regions';
import { flowClass, LINES, POINTS } from './looks';
import type { Coordinates, Label } from './view';

/** What makes a shape a stop of the Tab key, and shows its numbers while it is pointed at. */
export interface Target {
  name: string;
  onShow: () => void;
  onHide: () => void;
}

const reachable = ({ name, onShow, onHide }: Target) => ({
  role: 'button',
  tabIndex: 0,
  'aria-label': name,
  onFocus: onShow,
  onBlur: onHide,
  onPointerEnter: onShow,
  onPointerLeave: onHide,
});

interface ArcProps extends Target {
  link: LinkView;
  ends: [Coordinates, Coordinates];
  path: GeoPath;
  /** Halfway, in pixels. */
  middle: [number, number] | null;
}

export function Arc({ link, ends: [a, b], path, middle, ...target }: ArcProps) {
  // A line between two places on the sphere is the shortest way: d3 draws the great circle.
  const [there, back] = useMemo(
    () => [path({ type: 'LineString', coordinates: [a, b] }) ?? '', path({ type: 'LineString', coordinates: [b, a] }) ?? ''],
    [path, a, b],
  );
  const { stroke, width, dashes } = LINES[link.state];
  const broken = link.state === 'cut' || link.state === 'down';

  return (
    <g {...reachable(target)} data-link={link.key} data-state={link.state}>
      <path d={there} fill="none" stroke="transparent" strokeWidth="16" />
      <path className="tropic-focus" d={there} fill="none" strokeWidth={width + 6} style={{ stroke: awsui.colorBorderItemFocused }} opacity="0.5" />
      <path d={there} fill="none" strokeWidth={width} strokeDasharray={dashes} style={{ stroke }} />
      {broken
        ? null
        : link.directions.map(({ from, rate }, at) => {
            const flow = flowClass(rate);
            return flow ? <path key={from} className={`tropic-flow ${flow}`} d={at === 0 ? there : back} style={{ stroke }} /> : null;
          })}
      {broken && middle ? (
        <path d={POINTS.unreachable.shape} transform={`translate(${middle[0]} ${middle[1]})`} strokeWidth="3" style={{ fill: stroke, stroke: awsui.colorBackgroundContainerContent, paintOrder: 'stroke' }} />
      ) : null}
    </g>
  );
}

interface PointProps extends Target {
  region: string;
  health: Health;
  isolated: boolean;
  /** False: a table was chosen, and this Region has no replica of it. */
  filled: boolean;
  text: string;
  x: number;
  y: number;
  label: Label | null;
}

export function Point({ region, health, isolated, filled, text, x, y, label, ...target }: PointProps) {
  const { fill, shape } = POINTS[health];
  const halo = awsui.colorBackgroundContainerContent;
  return (
    <g {...reachable(target)} data-region={region} data-state={isolated && health === 'open' ? 'isolated' : health}>
      <circle cx={x} cy={y} r="14" fill="transparent" />
      <circle className="tropic-focus" cx={x} cy={y} r="12" fill="none" strokeWidth="2" style={{ stroke: awsui.colorBorderItemFocused }} />
      {isolated ? <circle cx={x} cy={y} r="11" fill="none" strokeWidth="2" strokeDasharray="3 3" style={{ stroke: LINES.down.stroke }} /> : null}
      <path
        d={shape}
        transform={`translate(${x} ${y})`}
        strokeWidth="2"
        style={filled ? { fill, stroke: halo } : { fill: halo, stroke: fill }}
      />
      {label ? (
        <text
          x={label.x}
          y={label.y}
          dominantBaseline="middle"
          textAnchor={label.anchor}
          style={{ fill: filled ? awsui.colorTextBodyDefault : awsui.colorTextBodySecondary, stroke: halo }}
        >
          {text}
        </text>
      ) : null}
    </g>
  );
}
