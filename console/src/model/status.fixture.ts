// A status for tests: Regions a, b and c on one server, all well, and no tables.
//
// SPDX-License-Identifier: Apache-2.0
import type { Status, StatusFeed } from '../api/admin-types';

const REGIONS = ['a', 'b', 'c'];

export function testStatus(): Status {
  return {
    version: '0', mode: 'dev', uptime_ms: 1_000, connections: 1, shapes: [], tables: [], feeds: [], operations: [],
    regions: REGIONS.map((name) => ({ name, state: 'open', clock_offset_ms: 0, wall_ms: 0, fenced: false, store: {}, engine: {} })),
    places: REGIONS.map((region) => ({ region, hosted: true, latitude: null, longitude: null, place: null })),
    links: REGIONS.flatMap((region) =>
      REGIONS.filter((peer) => peer !== region).map((peer) => ({
        region, peer, up: true, state: 'up', heard_ms_ago: 100, skew_ms: 0,
        bytes_sent: 0, bytes_received: 0, frames_sent: 0, frames_received: 0, frames_refused: 0,
      })),
    ),
  };
}

export function testFeed(region: string, peer: string, more: Partial<StatusFeed> = {}): StatusFeed {
  return {
    region, peer, table: 'T', applied: 0, dropped: 0, conflicts: 0, pending_changes: 0, pending_bytes: 0,
    lag_ms_p50: 0, lag_ms_p99: 0, lag_ms_max: 0, closed_ms: 0, floor_ms: 0, ...more,
  };
}
