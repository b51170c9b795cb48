// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { alongArcs, arcOf, bounded, moved, placeLabels, projectionOf, viewOf, WORLD, type Coordinates } from './view';

const size = { width: 1000, height: 500 };
const virginia: Coordinates = [-77, 39];
const ireland: Coordinates = [-6, 53];
const sydney: Coordinates = [151, -34];
const oregon: Coordinates = [-121, 46];

function pointsIn(places: Coordinates[], at = size) {
  const projection = projectionOf(viewOf(places, at), at);
  return places.map((place) => projection(place)!);
}

describe('the view', () => {
  it('has all Regions inside, with room for names', () => {
    for (const places of [[virginia, ireland], [virginia, ireland, sydney], [oregon, sydney], [ireland]]) {
      for (const [x, y] of pointsIn(places)) {
        expect(x).toBeGreaterThanOrEqual(89);
        expect(x).toBeLessThanOrEqual(911);
        expect(y).toBeGreaterThan(0);
        expect(y).toBeLessThan(500);
      }
    }
  });
  it('goes closer when Regions are close', () => {
    expect(viewOf([virginia, ireland], size).zoom).toBeGreaterThan(viewOf([virginia, ireland, sydney], size).zoom);
  });
  it('looks across the date line rather than around the world', () => {
    expect(arcOf([170, -170])).toEqual({ middle: -180, degrees: 20 });
    expect(arcOf([-121, 151]).middle).toBe(-165);
    expect(arcOf([10, 30]).middle).toBe(20);
  });
  it('shows the arcs, too, and the whole world when they go around it', () => {
    const north: [Coordinates, Coordinates] = [[-120, 60], [60, 60]];
    expect(viewOf(north, size, alongArcs([north])).zoom).toBeLessThanOrEqual(viewOf(north, size).zoom);
    const around = alongArcs([[virginia, ireland], [ireland, sydney], [sydney, virginia]]);
    expect(viewOf([virginia, ireland, sydney], size, around)).toEqual(WORLD);
  });
  it('is the whole world without Regions, and stays on it', () => {
    expect(viewOf([], size)).toEqual(WORLD);
    expect(bounded({ longitude: 200, latitude: 100, zoom: 0 })).toEqual({ longitude: -160, latitude: 75, zoom: 1 });
  });
  it('follows the hand: dragging to the right shows what is west', () => {
    expect(moved(WORLD, size, 100, 0).longitude).toBeLessThan(0);
    expect(moved(WORLD, size, 0, 50).latitude).toBeGreaterThan(WORLD.latitude);
  });
});

describe('names', () => {
  it('do not cover each other', () => {
    const labels = placeLabels([{ x: 500, y: 250, width: 80 }, { x: 520, y: 250, width: 80 }], size);
    expect(labels.map((label) => label?.anchor)).toEqual(['end', 'start']);
  });
  it('stay inside, and are left out where there is no room', () => {
    expect(placeLabels([{ x: 990, y: 250, width: 80 }], size)[0]?.anchor).toBe('end');
    const crowd = Array.from({ length: 9 }, (_, i) => ({ x: 500 + (i % 3) * 10, y: 250 + Math.floor(i / 3) * 10, width: 80 }));
    expect(placeLabels(crowd, size)).toContain(null);
  });
});
