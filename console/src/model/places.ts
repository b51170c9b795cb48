// The Regions that a deployment knows, hosted by this server or by a peer, each once.
//
// SPDX-License-Identifier: Apache-2.0
import type { Place, Status } from '../api/admin-types';

/** In the server's order. A peer that has a link but no place on the map is a Region, too. */
export function placesOf(status: Status | undefined): Place[] {
  if (!status) return [];
  const places = [...(status.places ?? [])];
  const add = (region: string, hosted: boolean) => {
    if (!places.some((place) => place.region === region))
      places.push({ region, hosted, latitude: null, longitude: null, place: null });
  };
  status.regions.forEach(({ name }) => add(name, true));
  status.links.forEach(({ peer }) => add(peer, false));
  return places;
}

export function placeOf(status: Status | undefined, region: string): Place | undefined {
  return placesOf(status).find((place) => place.region === region);
}
