// Which part of the world the map shows, and where things are on it. Pure.
//
// A view is the place in the middle and how large the world is: with zoom 1 it just fits. The
// world is turned so that the middle has no distortion, and nothing near it is torn apart at the
// date line: Regions on both sides of the Pacific are one picture.
//
// SPDX-License-Identifier: Apache-2.0
import { geoInterpolate, geoNaturalEarth1, type GeoProjection } from 'd3-geo';

export type Coordinates = [longitude: number, latitude: number];

export interface View {
  longitude: number;
  latitude: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

export const WORLD: View = { longitude: 0, latitude: 12, zoom: 1 };
export const ZOOM_MAX = 24;
/** One Region alone is shown with the continent around it. */
const ZOOM_FIT = 6;
/** Degrees of longitude from which Regions and links go around the world. */
const AROUND = 270;
const LATITUDE_MAX = 75;
/** Room around the Regions, for their names. */
const PADDING = { x: 90, y: 44 };

const turned = (longitude: number): number => ((((longitude + 180) % 360) + 360) % 360) - 180;

export function bounded({ longitude, latitude, zoom }: View): View {
  return {
    longitude: turned(longitude),
    latitude: Math.max(-LATITUDE_MAX, Math.min(LATITUDE_MAX, latitude)),
    zoom: Math.max(1, Math.min(ZOOM_MAX, zoom)),
  };
}

export function projectionOf(view: View, { width, height }: Size): GeoProjection {
  const projection = geoNaturalEarth1().precision(0.3).rotate([-view.longitude, 0]).fitSize([width, height], { type: 'Sphere' });
  projection.scale(projection.scale() * view.zoom).translate([width / 2, height / 2]);
  const middle = projection([view.longitude, view.zoom === 1 ? 0 : view.latitude]);
  return projection.translate([width / 2, height / 2 + (height / 2 - (middle?.[1] ?? height / 2))]);
}

/** The shortest arc of longitudes that has all of them. */
export function arcOf(longitudes: number[]): { middle: number; degrees: number } {
  const sorted = longitudes.map(turned).sort((a, b) => a - b);
  let widest = -1;
  let middle = 0;
  sorted.forEach((east, at) => {
    const west = at === 0 ? sorted.at(-1)! - 360 : sorted[at - 1]!;
    if (east - west <= widest) return;
    widest = east - west;
    middle = east + (360 - widest) / 2; // opposite of the widest hole
  });
  return { middle: turned(middle), degrees: 360 - widest };
}

/** Points along the great circles between pairs of places. */
export function alongArcs(pairs: [Coordinates, Coordinates][]): Coordinates[] {
  return pairs.flatMap(([a, b]) => {
    const between = geoInterpolate(a, b);
    return [0.2, 0.4, 0.6, 0.8].map(between);
  });
}

/** The closest view that has all places with room for their names, and the arcs between them. */
export function viewOf(places: Coordinates[], size: Size, arcs: Coordinates[] = []): View {
  const all = [...places, ...arcs];
  const { middle: longitude, degrees } = arcOf(all.map(([one]) => one));
  if (all.length === 0 || degrees > AROUND) return WORLD;
  const latitudes = all.map(([, latitude]) => latitude);
  const latitude = (Math.min(...latitudes) + Math.max(...latitudes)) / 2;
  const room = { x: Math.min(PADDING.x, size.width / 5), y: Math.min(PADDING.y, size.height / 5) };
  const fits = (zoom: number): boolean => {
    const projection = projectionOf({ longitude, latitude, zoom }, size);
    return all.every((place, at) => {
      const [x, y] = projection(place) ?? [NaN, NaN];
      const { x: beside, y: above } = at < places.length ? room : { x: 12, y: 12 };
      return x >= beside && x <= size.width - beside && y >= above && y <= size.height - above;
    });
  };
  let far = 1;
  let near = ZOOM_FIT;
  for (let round = 0; round < 10; round++) {
    const zoom = (near + far) / 2;
    if (fits(zoom)) far = zoom;
    else near = zoom;
  }
  return bounded({ longitude, latitude, zoom: far });
}

/** The view after the picture was moved by so many pixels. */
export function moved(view: View, size: Size, dx: number, dy: number): View {
  const projection = projectionOf(view, size);
  const degrees = 360 / (projection.scale() * 5.4); // of the equator, per pixel
  return bounded({ ...view, longitude: view.longitude - dx * degrees, latitude: view.latitude + dy * degrees });
}

export interface Label {
  x: number;
  y: number;
  anchor: 'start' | 'middle' | 'end';
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const LABEL_HEIGHT = 16;
const GAP = 12;

const overlaps = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function boxOf({ x, y, anchor }: Label, width: number): Box {
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
  return { left, right: left + width, top: y - LABEL_HEIGHT / 2, bottom: y + LABEL_HEIGHT / 2 };
}

/**
 * Where the names go: right, left, below or above of each point, where it is free and inside of the
 * picture. The first get the best places. Null: there is no room, the name shows on focus alone.
 */
export function placeLabels(points: { x: number; y: number; width: number }[], size: Size): (Label | null)[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 8, right: x + 8, top: y - 8, bottom: y + 8 }));
  return points.map(({ x, y, width }, own) => {
    const tries: Label[] = [
      { x: x + GAP, y, anchor: 'start' },
      { x: x - GAP, y, anchor: 'end' },
      { x, y: y + GAP + LABEL_HEIGHT / 2, anchor: 'middle' },
      { x, y: y - GAP - LABEL_HEIGHT / 2, anchor: 'middle' },
    ];
    const found = tries.find((label) => {
      const box = boxOf(label, width);
      const inside = box.left >= 0 && box.right <= size.width && box.top >= 0 && box.bottom <= size.height;
      return inside && taken.every((other, at) => at === own || !overlaps(box, other));
    });
    if (found) taken.push(boxOf(found, width));
    return found ?? null;
  });
}
