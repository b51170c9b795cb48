// The Regions of this server: stopped as if the site were lost, and clocks that go wrong.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useState } from 'react';

import type { Status, StatusRegion } from '../../api/admin-types';
import { useSession } from '../../api/session';
import { regionsOf, type RegionView } from '../../model/regions';
import { duration } from '../../model/units';
import { ErrorAlert, Time } from '../../widgets';
import { HealthIndicator } from '../../widgets/HealthIndicator';
import { useAction, type Action } from './useAction';

type Hosted = RegionView & { status: StatusRegion };

function Clock({ region, action }: { region: Hosted; action: Action }) {
  const { admin } = useSession();
  const [offset, setOffset] = useState('');
  const { clock_offset_ms } = region.status;
  const set = (value: string) => action.run(() => admin.clock(region.region, value));

  return (
    <SpaceBetween size="xxs">
      <Box>{clock_offset_ms === 0 ? "The machine's time" : `${clock_offset_ms > 0 ? '+' : ''}${duration(clock_offset_ms)}`}</Box>
      <SpaceBetween direction="horizontal" size="xs">
        <Input
          ariaLabel={`Offset of the clock of ${region.region}`}
          placeholder="+25h, -90m"
          value={offset}
          onChange={({ detail }) => setOffset(detail.value.trim())}
          onKeyDown={({ detail }) => {
            if (detail.key === 'Enter' && offset) void set(offset);
          }}
        />
        <Button ariaLabel={`Set the clock of ${region.region}`} disabled={!offset} onClick={() => void set(offset)}>
          Set
        </Button>
        {clock_offset_ms === 0 ? null : (
          <Button variant="link" ariaLabel={`Set the clock of ${region.region} right`} onClick={() => void set('0')}>
            Set right
          </Button>
        )}
      </SpaceBetween>
    </SpaceBetween>
  );
}

export function RegionsDrill({ status }: { status: Status }) {
  const { admin } = useSession();
  const action = useAction();
  const regions = regionsOf(status).filter((view): view is Hosted => view.status !== undefined);
  const power = ({ region }: Hosted, what: 'start' | 'stop') => action.run(() => admin.region(region, what));

  return (
    <Table
      items={regions}
      trackBy="region"
      ariaLabels={{ tableLabel: 'Regions of this server' }}
      header={
        <SpaceBetween size="s">
          <Header variant="h2" description="A Region that is stopped refuses its requests, and its links are down. Started again it has its data, and catches up.">
            Regions
          </Header>
          <ErrorAlert error={action.error} header="The Region could not be changed" />
        </SpaceBetween>
      }
      columnDefinitions={[
        {
          id: 'region',
          header: 'Region',
          isRowHeader: true,
          cell: ({ region, place }) => (
            <SpaceBetween size="xxxs">
              <Box>{region}</Box>
              {place ? <Box variant="small">{place}</Box> : null}
            </SpaceBetween>
          ),
        },
        { id: 'state', header: 'State', cell: ({ health }) => <HealthIndicator health={health} /> },
        {
          id: 'power',
          header: 'Stop or start',
          cell: (view) =>
            view.health === 'stopped' || view.health === 'starting' ? (
              <Button ariaLabel={`Start ${view.region}`} loading={view.health === 'starting'} onClick={() => void power(view, 'start')}>
                Start
              </Button>
            ) : (
              <Button ariaLabel={`Stop ${view.region}`} loading={view.health === 'stopping'} onClick={() => void power(view, 'stop')}>
                Stop
              </Button>
            ),
        },
        { id: 'time', header: 'Its time', cell: (view) => <Time at={view.status.wall_ms} /> },
        { id: 'clock', header: 'Clock', cell: (view) => <Clock region={view} action={action} /> },
      ]}
    />
  );
}
