// What the map shows, as tables.
//
// SPDX-License-Identifier: Apache-2.0
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';

import { DIRECTION_NUMBERS } from '../../model/linkNumbers';
import type { Direction, LinkView } from '../../model/links';
import { isAway, regionTitle, type RegionView } from '../../model/regions';
import { count, NONE, rate } from '../../model/units';
import { EmptyState } from '../../widgets';
import { HealthIndicator } from '../../widgets/HealthIndicator';
import { LinkIndicator } from '../../widgets/LinkIndicator';
import type { RegionNumbers } from './details';

const linkColumns: TableProps.ColumnDefinition<Direction>[] = [
  { id: 'from', header: 'From', isRowHeader: true, minWidth: 130, cell: ({ from }) => from },
  { id: 'to', header: 'To', minWidth: 130, cell: ({ to }) => to },
  { id: 'state', header: 'State', minWidth: 150, cell: ({ state }) => <LinkIndicator state={state} /> },
  ...DIRECTION_NUMBERS.map(({ id, label, value }) => ({ id, header: label, minWidth: 100, cell: value })),
];

interface Props {
  regions: RegionView[];
  links: LinkView[];
  numbers: (region: string) => RegionNumbers;
  replicas: Set<string> | null;
}

const place = (degrees: number | null, positive: string, negative: string): string =>
  degrees === null ? NONE : `${Math.abs(degrees).toFixed(1)}° ${degrees < 0 ? negative : positive}`;

export function GlobeTables({ regions, links, numbers, replicas }: Props) {
  const regionColumns: TableProps.ColumnDefinition<RegionView>[] = [
    { id: 'region', header: 'Region', isRowHeader: true, minWidth: 170, cell: regionTitle },
    {
      id: 'state', header: 'State', minWidth: 160,
      cell: ({ health, isolated }) =>
        isolated && !isAway(health) ? <StatusIndicator type="error">Cut off</StatusIndicator> : <HealthIndicator health={health} />,
    },
    ...(replicas ? [{ id: 'replica', header: 'Replica', minWidth: 90, cell: ({ region }: RegionView) => (replicas.has(region) ? 'Yes' : 'No') }] : []),
    { id: 'tables', header: 'Tables', minWidth: 80, cell: ({ region }) => count(numbers(region).tables) },
    { id: 'items', header: 'Items', minWidth: 90, cell: ({ region }) => count(numbers(region).items) },
    { id: 'requests', header: 'Requests now', minWidth: 120, cell: ({ region }) => rate(numbers(region).requests) },
    { id: 'latitude', header: 'Latitude', minWidth: 100, cell: ({ latitude }) => place(latitude, 'N', 'S') },
    { id: 'longitude', header: 'Longitude', minWidth: 100, cell: ({ longitude }) => place(longitude, 'E', 'W') },
  ];

  return (
    <SpaceBetween size="l">
      <Table
        variant="embedded"
        trackBy="region"
        header={<Header variant="h3" counter={`(${regions.length})`}>Regions</Header>}
        items={regions}
        columnDefinitions={regionColumns}
        enableKeyboardNavigation
        ariaLabels={{ tableLabel: 'Regions' }}
      />
      <Table
        variant="embedded"
        trackBy={({ from, to }) => `${from} ${to}`}
        header={<Header variant="h3">Links</Header>}
        items={links.flatMap(({ directions }) => directions)}
        columnDefinitions={linkColumns}
        enableKeyboardNavigation
        ariaLabels={{ tableLabel: 'Links' }}
        empty={<EmptyState title="No links">{replicas ? 'This table has no replica in another Region.' : 'This server knows no other Region.'}</EmptyState>}
      />
    </SpaceBetween>
  );
}
