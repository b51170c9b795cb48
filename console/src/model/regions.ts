// The Regions of the deployment and how they are, as this server sees them: its own it knows, of the
// others it knows whether it reaches them.
//
// SPDX-License-Identifier: Apache-2.0
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';

import type { Place, Status, StatusRegion } from '../api/admin-types';

export type Health = 'open' | 'reached' | 'fenced' | 'starting' | 'stopping' | 'stopped' | 'unreachable';

export const HEALTHS: Record<Health, { label: string; type: StatusIndicatorProps.Type; meaning: string }> = {
  open: { label: 'Open', type: 'success', meaning: 'Hosted by this server; reads and writes' },
  reached: { label: 'Reached', type: 'success', meaning: 'Hosted by another server, which this one reaches' },
  fenced: { label: 'Fenced', type: 'error', meaning: 'Its data is older than what it has acknowledged: it reads, and refuses writes' },
  starting: { label: 'Starting', type: 'in-progress', meaning: 'Not yet open for requests' },
  stopping: { label: 'Stopping', type: 'in-progress', meaning: 'Takes no new requests' },
  stopped: { label: 'Stopped', type: 'stopped', meaning: 'Its requests are refused and its links are down' },
  unreachable: { label: 'Unreachable', type: 'error', meaning: 'Hosted by another server, which this one does not reach' },
};

export const isAway = (health: Health): boolean => health === 'stopped' || health === 'unreachable';

export interface RegionView extends Place {
  health: Health;
  /** Of a Region of this server. */
  status: StatusRegion | undefined;
  /** Every link of it that is known is cut or down. */
  isolated: boolean;
}

function healthOf(hosted: StatusRegion | undefined, isolated: boolean): Health {
  if (!hosted) return isolated ? 'unreachable' : 'reached';
  return hosted.state === 'open' && hosted.fenced ? 'fenced' : hosted.state;
}

export function regionsOf(status: Status): RegionView[] {
  return status.places.map((place) => {
    const hosted = status.regions.find(({ name }) => name === place.region);
    const links = status.links.filter(({ region, peer }) => region === place.region || peer === place.region);
    const isolated = links.length > 0 && links.every(({ up, state }) => !up || state === 'cut');
    return { ...place, status: hosted, isolated, health: healthOf(hosted, isolated) };
  });
}

/** "eu-west-1, Europe (Ireland)", or the name alone. */
export const regionTitle = ({ place, region }: Place): string => (place ? `${region}, ${place}` : region);
