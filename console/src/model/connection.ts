// How well one Region hears another, in words. A link is of two Regions; each hosted end of it is
// listed in the status, and either end may say that it is down.
//
// SPDX-License-Identifier: Apache-2.0
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';

import type { Status } from '../api/admin-types';

export type LinkState = 'up' | 'connecting' | 'down' | 'cut' | 'none';

export const LINK_STATES: Record<LinkState, { label: string; type: StatusIndicatorProps.Type }> = {
  up: { label: 'Connected', type: 'success' },
  connecting: { label: 'Connecting', type: 'in-progress' },
  down: { label: 'Down', type: 'error' },
  cut: { label: 'Cut', type: 'error' },
  none: { label: 'No link', type: 'stopped' },
};

/** From the best to the worst. */
const ORDER: LinkState[] = ['up', 'connecting', 'down', 'cut'];

/** The worse of what both ends say. */
export function linkState(status: Status | undefined, a: string, b: string): LinkState {
  let worst: LinkState = 'none';
  for (const { region, peer, up, state } of status?.links ?? []) {
    if (!((region === a && peer === b) || (region === b && peer === a))) continue;
    const said: LinkState = state === 'cut' ? 'cut' : up ? 'up' : state === 'connecting' ? 'connecting' : 'down';
    if (ORDER.indexOf(said) > ORDER.indexOf(worst)) worst = said;
  }
  return worst;
}

/** The links of a deployment, each once, as the hosted Regions see them. */
export function linkPairs(status: Status | undefined): [string, string][] {
  const pairs: [string, string][] = [];
  for (const { region, peer } of status?.links ?? [])
    if (!pairs.some(([a, b]) => (a === region && b === peer) || (a === peer && b === region))) pairs.push([region, peer]);
  return pairs;
}
