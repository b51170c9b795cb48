// The world with its Regions and the links between them. What moves is drawn by the browser
// (globe.css); the page only draws again when a number, a state or the view changes.
//
// SPDX-License-Identifier: Apache-2.0
import './globe.css';

import * as awsui from '@cloudscape-design/design-tokens';
import { geoGraticule10, geoInterpolate, geoPath, type GeoPermissibleObjects } from 'd3-geo';
import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';

import type { LinkView } from '../../model/links';
import { HEALTHS, isAway, type RegionView } from '../../model/regions';
import { useWidth } from '../../widgets/useWidth';
import { linkDetails, regionDetails, spoken, type RegionNumbers } from './details';
import { MapDetails } from './MapDetails';
import { Arc, Point } from './shapes';
import { alongArcs, bounded, moved, placeLabels, projectionOf, viewOf, type Coordinates, type Size, type View } from './view';

const PIXELS_PER_LETTER = 6.8;
const DRAG_FROM = 4;
const KEY_STEP = 60;
export const ZOOM_STEP = 1.6;

interface Props {
  land: GeoPermissibleObjects | null;
  regions: RegionView[];
  links: LinkView[];
  numbers: (region: string) => RegionNumbers;
  /** Of the table that was chosen; null: of all. */
  replicas: Set<string> | null;
  /** Null: closest to the Regions. */
  view: View | null;
  onView: (view: View) => void;
  /** Told how large the map is, so that buttons can zoom from what is seen. */
  zoomFrom: { current: View | null };
}

const coordinatesOf = ({ longitude, latitude }: RegionView): Coordinates | null =>
  longitude === null || latitude === null ? null : [longitude, latitude];

function nameOf({ region, health, isolated }: RegionView): string {
  if (isolated && !isAway(health)) return `${region} · Cut off`;
  return health === 'open' || health === 'reached' ? region : `${region} · ${HEALTHS[health].label}`;
}

/** The world as wide as there is room, but never higher than can be seen at once. */
function heightOf(width: number): number {
  return Math.round(Math.max(180, Math.min(width * 0.51, window.innerHeight * 0.65)));
}

export function WorldMap({ land, regions, links, numbers, replicas, view, onView, zoomFrom }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const height = heightOf(width);
  const [shown, setShown] = useState<string | null>(null);
  const drag = useRef<{ x: number; y: number; view: View; moves: boolean } | null>(null);
  const size = useMemo<Size>(() => ({ width, height }), [width, height]);
  const placesKey = regions.map((region) => `${region.region} ${region.longitude} ${region.latitude}`).join();

  const places = useMemo(
    () => new Map(regions.flatMap((region) => {
      const at = coordinatesOf(region);
      return at ? [[region.region, at] as const] : [];
    })),
    [placesKey], // the same places, each second anew
  );
  const linksKey = links.map(({ key }) => key).join();
  const ends = useMemo(
    () => new Map(links.flatMap(({ key, a, b }) => {
      const from = places.get(a);
      const until = places.get(b);
      return from && until ? [[key, [from, until] as [Coordinates, Coordinates]] as const] : [];
    })),
    [places, linksKey],
  );
  const seen = useMemo(() => view ?? viewOf([...places.values()], size, alongArcs([...ends.values()])), [view, places, ends, size]);
  zoomFrom.current = seen;
  const { path, projection } = useMemo(() => {
    const made = projectionOf(seen, size);
    return { projection: made, path: geoPath(made).digits(1) };
  }, [seen, size]);
  const ground = useMemo(
    () => ({ sphere: path({ type: 'Sphere' }) ?? '', lines: path(geoGraticule10()) ?? '', land: land ? (path(land) ?? '') : '' }),
    [path, land],
  );

  const points = regions.flatMap((region) => {
    const at = places.get(region.region);
    const [x, y] = (at && projection(at)) ?? [NaN, NaN];
    return Number.isFinite(x) && Number.isFinite(y) ? [{ region, text: nameOf(region), x, y }] : [];
  });
  const labels = placeLabels(points.map(({ x, y, text }) => ({ x, y, width: text.length * PIXELS_PER_LETTER })), size);
  const arcs = links.flatMap((link) => {
    const both = ends.get(link.key);
    return both ? [{ link, ends: both, middle: projection(geoInterpolate(...both)(0.5)) }] : [];
  });
  const details = new Map([
    ...points.map(({ region, x, y }) => {
      const text = regionDetails(region, numbers(region.region), replicas && replicas.has(region.region));
      return [region.region, { details: text, at: { x, y } }] as const;
    }),
    ...arcs.map(({ link, middle }) => [link.key, { details: linkDetails(link), at: { x: middle?.[0] ?? 0, y: middle?.[1] ?? 0 } }] as const),
  ]);
  const target = (key: string) => ({
    name: spoken(details.get(key)!.details),
    onShow: () => setShown(key),
    onHide: () => setShown((now) => (now === key ? null : now)),
  });
  const pointedAt = shown === null ? undefined : details.get(shown);

  function onPointerMove(event: PointerEvent<SVGSVGElement>) {
    const from = drag.current;
    if (!from) return;
    const dx = event.clientX - from.x;
    const dy = event.clientY - from.y;
    if (!from.moves && Math.hypot(dx, dy) < DRAG_FROM) return;
    if (!from.moves) event.currentTarget.setPointerCapture(event.pointerId);
    from.moves = true;
    onView(moved(from.view, size, dx, dy));
  }

  function onKeyDown(event: KeyboardEvent) {
    const steps: Record<string, () => View> = {
      ArrowLeft: () => moved(seen, size, KEY_STEP, 0),
      ArrowRight: () => moved(seen, size, -KEY_STEP, 0),
      ArrowUp: () => moved(seen, size, 0, KEY_STEP),
      ArrowDown: () => moved(seen, size, 0, -KEY_STEP),
      '+': () => bounded({ ...seen, zoom: seen.zoom * ZOOM_STEP }),
      '-': () => bounded({ ...seen, zoom: seen.zoom / ZOOM_STEP }),
    };
    const step = steps[event.key];
    if (event.key === 'Escape') setShown(null);
    if (!step) return;
    event.preventDefault();
    onView(step());
  }

  return (
    <div className="tropic-map" ref={box} style={{ height }}>
      {width > 0 ? (
        <svg
          viewBox={`0 0 ${width} ${height}`}
          height={height}
          role="group"
          aria-label="World map of Regions and links. Arrow keys move it, plus and minus zoom."
          onKeyDown={onKeyDown}
          onPointerDown={(event) => {
            drag.current = { x: event.clientX, y: event.clientY, view: seen, moves: false };
          }}
          onPointerMove={onPointerMove}
          onPointerUp={() => (drag.current = null)}
          onPointerCancel={() => (drag.current = null)}
        >
          <path d={ground.sphere} style={{ fill: awsui.colorBackgroundContainerContent }} />
          <path d={ground.lines} fill="none" strokeWidth="0.5" style={{ stroke: awsui.colorBorderDividerSecondary }} />
          <path d={ground.land} fillOpacity="0.45" strokeWidth="0.75" style={{ fill: awsui.colorBorderDividerDefault, stroke: awsui.colorBorderDividerDefault }} />
          {arcs.map(({ link, ends: both, middle }) => (
            <Arc key={link.key} link={link} ends={both} middle={middle} path={path} {...target(link.key)} />
          ))}
          {points.map(({ region, text, x, y }, at) => (
            <Point
              key={region.region}
              region={region.region}
              health={region.health}
              isolated={region.isolated && !isAway(region.health)}
              filled={!replicas || replicas.has(region.region)}
              text={text}
              x={x}
              y={y}
              label={labels[at] ?? null}
              {...target(region.region)}
            />
          ))}
        </svg>
      ) : null}
      {pointedAt ? <MapDetails {...pointedAt} size={size} /> : null}
    </div>
  );
}
