// The shapes of /_tropic/v1, as docs/operations.md describes them.
//
// SPDX-License-Identifier: Apache-2.0

export interface StatusRegion {
  name: string;
  state: 'open' | 'stopped' | 'starting' | 'stopping';
  clock_offset_ms: number;
  wall_ms: number;
  fenced: boolean;
  store: Record<string, number>;
  engine: Record<string, number | boolean>;
}

export interface StatusLink {
  region: string;
  peer: string;
  up: boolean;
  state: string;
  heard_ms_ago: number;
  skew_ms: number;
  bytes_sent: number;
  bytes_received: number;
  frames_sent: number;
  frames_received: number;
  frames_refused: number;
}

/** What is injected into one direction of a link. */
export interface Shape {
  from: string;
  to: string;
  delay_us: number;
  jitter_us: number;
  loss_ppm: number;
  cut: boolean;
  dropped: number;
  queued_bytes: number;
}

export interface StatusTable {
  region: string;
  name: string;
  status: string;
  global: boolean;
  items: number;
  bytes: number;
  tombstones: number;
  changes: number;
  conflicts: number;
}

/** `region` is here, `peer` the other: applied is the peer's changes here, pending ours that it lacks. */
export interface StatusFeed {
  region: string;
  table: string;
  peer: string;
  applied: number;
  dropped: number;
  conflicts: number;
  pending_changes: number;
  pending_bytes: number;
  lag_ms_p50: number;
  lag_ms_p99: number;
  lag_ms_max: number;
  closed_ms: number;
  floor_ms: number;
}

export interface StatusOperation {
  region: string;
  operation: string;
  requests: number;
  user_errors: number;
  system_errors: number;
  throttled: number;
  latency_us_total: number;
  latency_us_p50: number;
  latency_us_p99: number;
}

/** A Region that the deployment knows: hosted by this server, or by a peer. */
export interface Place {
  region: string;
  hosted: boolean;
  latitude: number | null;
  longitude: number | null;
  place: string | null;
  /** Of a peer that has one: where its own console is. */
  console?: string | null;
}

export interface Status {
  version: string;
  mode: 'dev' | 'serve';
  uptime_ms: number;
  connections: number;
  regions: StatusRegion[];
  links: StatusLink[];
  shapes: Shape[];
  tables: StatusTable[];
  feeds: StatusFeed[];
  operations: StatusOperation[];
  places: Place[];
}

export type Series = (number | null)[];

/** One hour, a sample each second; `step` seconds are put together. */
export interface History {
  first: number;
  next: number;
  step: number;
  from_ms: number;
  /** The answer was cut to a bearable size: go on from `next`. */
  more?: boolean;
  /** Series that the server has no room for. */
  series_left_out?: number;
  operations: {
    region: string;
    operation: string;
    requests: Series;
    user_errors: Series;
    system_errors: Series;
    throttled: Series;
    latency_us_p50: Series;
    latency_us_p99: Series;
  }[];
  feeds: {
    region: string;
    peer: string;
    table: string;
    lag_ms_p50: Series;
    lag_ms_p99: Series;
    pending_changes: Series;
    pending_bytes: Series;
    applied: Series;
    conflicts: Series;
  }[];
  links: { region: string; peer: string; up: Series; bytes_sent: Series; bytes_received: Series }[];
  tables: { region: string; table: string; items: Series; bytes: Series }[];
}

export interface LinkChange {
  from: string;
  to: string;
  one_way?: boolean;
  delay?: string;
  jitter?: string;
  loss?: string;
  cut?: boolean;
}

export interface RegionState {
  region: string;
  state: StatusRegion['state'];
  clock_offset_ms: number;
  wall_ms: number;
}

/** An item in DynamoDB JSON. */
export type WireItem = Record<string, unknown>;

export interface VerifyResult {
  table: string;
  here: string;
  equal: boolean;
  regions: { region: string; reached: boolean; items: number; digest: string; kept_sums_right: boolean }[];
  differences: { key: WireItem; region: string; here: string | null; there: string | null }[];
}

export interface ConflictSide {
  version: string;
  replica: string | number;
  /** Null: that replica has left the group. */
  region: string | null;
  item: WireItem | null;
}

export interface ConflictPage {
  table: string;
  region: string;
  met: number;
  conflicts: { sequence: number; at_ms: number; key: WireItem; winner: ConflictSide; loser: ConflictSide }[];
  after: number;
  more: boolean;
}

export interface Insights {
  table: string;
  index: string | null;
  region: string;
  enabled: boolean;
  mode: string;
  rankings: {
    rule: string;
    counts: string;
    by: 'partition' | 'item';
    from_ms: number;
    total: number;
    contributors: { key: WireItem; count: number; error: number }[];
  }[];
}
