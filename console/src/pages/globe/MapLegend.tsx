// What the lines and shapes of the map mean.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import { memo, type ReactNode } from 'react';

import { LINK_CLASSES, type LinkClass } from '../../model/links';
import { HEALTHS, type Health } from '../../model/regions';
import { LINES, POINTS } from './looks';

function Entry({ label, meaning, children }: { label: string; meaning: string; children: ReactNode }) {
  return (
    <li title={meaning}>
      <svg width="36" height="16" aria-hidden="true">
        {children}
      </svg>
      <Box variant="small">
        {label}
        <span className="tropic-hidden">: {meaning}</span>
      </Box>
    </li>
  );
}

/** `healths`: the shapes to explain, separated by spaces. */
export const MapLegend = memo(function MapLegend({ healths }: { healths: string }) {
  return (
    <ul className="tropic-legend" aria-label="Legend">
      {(Object.keys(LINK_CLASSES) as LinkClass[]).map((name) => {
        const { stroke, width, dashes } = LINES[name];
        return (
          <Entry key={name} {...LINK_CLASSES[name]}>
            <line x1="1" x2="35" y1="8" y2="8" strokeWidth={width} strokeDasharray={dashes} style={{ stroke }} />
          </Entry>
        );
      })}
      {(healths.split(' ') as Health[]).map((name) => (
        <Entry key={name} {...HEALTHS[name]}>
          <path d={POINTS[name].shape} transform="translate(18 8)" style={{ fill: POINTS[name].fill }} />
        </Entry>
      ))}
    </ul>
  );
});
