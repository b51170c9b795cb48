// A status as the server gives it, for tests: what is not said is well.
//
// SPDX-License-Identifier: Apache-2.0
import type { Status, StatusFeed, StatusLink, StatusRegion, StatusTable } from '../../api/admin-types';

interface Given {
  hosted?: string[];
  /** Both directions are listed when both Regions are hosted. */
  links?: [string, string][];
  tables?: Partial<StatusTable>[];
  feeds?: Partial<StatusFeed>[];
}

export const aRegion = (name: string): StatusRegion => ({
  name,
  state: 'open',
  clock_offset_ms: 0,
  wall_ms: 0,
  fenced: false,
  store: {},
  engine: {},
});

const aLink = (region: string, peer: string): StatusLink => ({
  region,
  peer,
  up: true,
  state: 'up',
  heard_ms_ago: 0,
  skew_ms: 0,
  bytes_sent: 0,
  bytes_received: 0,
  frames_sent: 0,
  frames_received: 0,
  frames_refused: 0,
});

const aTable = (given: Partial<StatusTable>): StatusTable => ({
  region: '',
  name: 'Orders',
  status: 'ACTIVE',
  global: true,
  items: 0,
  bytes: 0,
  tombstones: 0,
  changes: 0,
  conflicts: 0,
  ...given,
});

const aFeed = (given: Partial<StatusFeed>): StatusFeed => ({
  region: '',
  peer: '',
  table: 'Orders',
  applied: 0,
  dropped: 0,
  conflicts: 0,
  pending_changes: 0,
  pending_bytes: 0,
  lag_ms_p50: -1,
  lag_ms_p99: -1,
  lag_ms_max: -1,
  closed_ms: 0,
  floor_ms: 0,
  ...given,
});

export function aStatus({ hosted = [], links = [], tables = [], feeds = [] }: Given): Status {
  return {
    version: '0',
    mode: 'dev',
    uptime_ms: 0,
    connections: 0,
    regions: hosted.map(aRegion),
    links: links.flatMap(([a, b]) => [
      ...(hosted.includes(a) ? [aLink(a, b)] : []),
      ...(hosted.includes(b) ? [aLink(b, a)] : []),
    ]),
    shapes: [],
    tables: tables.map(aTable),
    feeds: feeds.map(aFeed),
    operations: [],
    places: [],
  };
}
