// The land of the world, loaded with the map and once.
//
// SPDX-License-Identifier: Apache-2.0
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';

import type { GeoPermissibleObjects } from 'd3-geo';

export async function loadLand(): Promise<GeoPermissibleObjects> {
  const { default: atlas } = await import('world-atlas/land-110m.json');
  const topology = atlas as unknown as Topology<{ land: GeometryCollection }>;
  return feature(topology, topology.objects.land);
}
