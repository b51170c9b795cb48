// How states look on the map. Never by colour alone: lines differ in their dashes and widths,
// Regions in their shapes, and both say their state in words.
//
// SPDX-License-Identifier: Apache-2.0
import * as awsui from '@cloudscape-design/design-tokens';

import type { LinkClass } from '../../model/links';
import type { Health } from '../../model/regions';

export interface LineLook {
  stroke: string;
  width: number;
  dashes?: string;
}

export const LINES: Record<LinkClass, LineLook> = {
  quick: { stroke: awsui.colorTextStatusSuccess, width: 2 },
  behind: { stroke: awsui.colorTextStatusWarning, width: 2.5, dashes: '14 4' },
  far: { stroke: awsui.colorTextStatusError, width: 3.5, dashes: '14 4 3 4' },
  idle: { stroke: awsui.colorTextStatusInactive, width: 1.5 },
  down: { stroke: awsui.colorTextStatusError, width: 2.5, dashes: '4 5' },
  cut: { stroke: awsui.colorTextStatusError, width: 2.5, dashes: '10 6' },
};

export interface PointLook {
  fill: string;
  /** An SVG path around 0, 0. */
  shape: string;
}

const CIRCLE = 'M-6,0a6,6 0 1,0 12,0a6,6 0 1,0 -12,0z';
const SQUARE = 'M-6,-6h12v12h-12z';
const TRIANGLE = 'M0,-7.5L7.5,6H-7.5z';
const DIAMOND = 'M0,-7.5L7.5,0L0,7.5L-7.5,0z';
const CROSS = 'M-7,-4.5L-4.5,-7L0,-2.5L4.5,-7L7,-4.5L2.5,0L7,4.5L4.5,7L0,2.5L-4.5,7L-7,4.5L-2.5,0z';

export const POINTS: Record<Health, PointLook> = {
  open: { fill: awsui.colorTextStatusSuccess, shape: CIRCLE },
  reached: { fill: awsui.colorTextStatusInfo, shape: CIRCLE },
  fenced: { fill: awsui.colorTextStatusError, shape: TRIANGLE },
  starting: { fill: awsui.colorTextStatusInfo, shape: DIAMOND },
  stopping: { fill: awsui.colorTextStatusInfo, shape: DIAMOND },
  stopped: { fill: awsui.colorTextStatusInactive, shape: SQUARE },
  unreachable: { fill: awsui.colorTextStatusError, shape: CROSS },
};

/** The faster changes come, the closer the dots: class of the animation in globe.css. */
export function flowClass(rate: number | null): string | null {
  if (rate === null || rate <= 0) return null;
  if (rate < 1) return 'tropic-flow-1';
  if (rate < 10) return 'tropic-flow-2';
  return rate < 100 ? 'tropic-flow-3' : 'tropic-flow-4';
}
