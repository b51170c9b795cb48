// The map with its buttons, legend and the Regions that have no place on it; or, for those who
// cannot see it or want to copy numbers, the same in tables.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';

import type { Status } from '../../api/admin-types';
import { perSecond, spanOf, valuesOf, type Hour } from '../../live/history';
import { meanOfLast, NOW_SECONDS, type LinkView } from '../../model/links';
import { HEALTHS, regionTitle, type Health, type RegionView } from '../../model/regions';
import { HealthIndicator } from '../../widgets/HealthIndicator';
import type { RegionNumbers } from './details';
import { GlobeTables } from './GlobeTables';
import { MapLegend } from './MapLegend';
import { bounded, WORLD, type View } from './view';
import { loadLand } from './world';
import { WorldMap, ZOOM_STEP } from './WorldMap';

interface Props {
  status: Status;
  hour: Hour | undefined;
  regions: RegionView[];
  links: LinkView[];
  replicas: Set<string> | null;
  table: string | undefined;
}

function numbersOf(status: Status, hour: Hour | undefined, table: string | undefined) {
  return (region: string): RegionNumbers => {
    const hosted = status.regions.some(({ name }) => name === region);
    const tables = status.tables.filter((one) => one.region === region && (table === undefined || one.name === table));
    const span = hour && spanOf(hour, '5m');
    return {
      tables: hosted ? tables.length : null,
      items: hosted ? tables.reduce((sum, one) => sum + one.items, 0) : null,
      requests:
        hour && span && hosted
          ? meanOfLast(perSecond(valuesOf(hour, span, 'operations', 'requests', (one) => one.region === region), span.step), NOW_SECONDS)
          : null,
    };
  };
}

export function GlobeMap({ status, hour, regions, links, replicas, table }: Props) {
  const { data: land = null } = useQuery({ queryKey: ['land'], queryFn: loadLand, staleTime: Infinity, structuralSharing: false });
  const [as, setAs] = useState('map');
  const [view, setView] = useState<View | null>(null);
  const seen = useRef<View | null>(null);
  const numbers = numbersOf(status, hour, table);
  const placeless = regions.filter(({ longitude, latitude }) => longitude === null || latitude === null);
  const healths = (Object.keys(HEALTHS) as Health[]).filter((one) => one === 'open' || one === 'stopped' || regions.some(({ health }) => health === one));
  const zoom = (by: number) => setView((now) => {
    const from = now ?? seen.current;
    return from && bounded({ ...from, zoom: from.zoom * by });
  });

  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              {as === 'map' ? (
                <SpaceBetween direction="horizontal" size="xs">
                  <Button onClick={() => setView(null)}>Fit Regions</Button>
                  <Button onClick={() => setView(WORLD)}>Whole world</Button>
                  <Button iconName="zoom-in" ariaLabel="Zoom in" onClick={() => zoom(ZOOM_STEP)} />
                  <Button iconName="zoom-out" ariaLabel="Zoom out" onClick={() => zoom(1 / ZOOM_STEP)} />
                </SpaceBetween>
              ) : null}
              <SegmentedControl
                label="Show as"
                selectedId={as}
                onChange={({ detail }) => setAs(detail.selectedId)}
                options={[
                  { id: 'map', text: 'Map' },
                  { id: 'tables', text: 'Table view' },
                ]}
              />
            </SpaceBetween>
          }
        >
          Regions and links
        </Header>
      }
    >
      {as === 'map' ? (
        <SpaceBetween size="s">
          <WorldMap land={land} regions={regions} links={links} numbers={numbers} replicas={replicas} view={view} onView={setView} zoomFrom={seen} />
          <MapLegend healths={healths.join(' ')} />
          {placeless.length > 0 ? (
            <div>
              <Box variant="awsui-key-label">Not on the map: the configuration gives no coordinates</Box>
              <SpaceBetween direction="horizontal" size="l">
                {placeless.map((region) => (
                  <span key={region.region}>
                    {regionTitle(region)} <HealthIndicator health={region.health} />
                  </span>
                ))}
              </SpaceBetween>
            </div>
          ) : null}
        </SpaceBetween>
      ) : (
        <GlobeTables regions={regions} links={links} numbers={numbers} replicas={replicas} />
      )}
    </Container>
  );
}
