// The Regions on the map of the world, the links between them with what they carry, and the last
// hour in charts. Everything that the map shows is in the tables, too.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Select, { type SelectProps } from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useMemo, useState } from 'react';

import { useStatus } from '../../live/hooks';
import { useHistory } from '../../live/useHistory';
import { linksOf, replicaRegions } from '../../model/links';
import { regionsOf } from '../../model/regions';
import { ErrorAlert } from '../../widgets';
import { GlobeCharts } from './GlobeCharts';
import { GlobeMap } from './GlobeMap';

const ALL: SelectProps.Option = { value: '', label: 'All tables' };

export default function GlobePage() {
  const { data: status, error } = useStatus();
  const { hour, error: historyError } = useHistory();
  const [chosen, setChosen] = useState('');
  const links = useMemo(() => (status ? linksOf(status, hour, chosen || undefined) : []), [status, hour, chosen]);

  const hosted = (status?.regions ?? []).map(({ name }) => name).join();
  const hostedNames = useMemo(() => hosted.split(','), [hosted]);

  if (!status) return error ? <ErrorAlert header="The server's state could not be read" error={error} /> : <Spinner size="large" />;
  const tables = [...new Set(status.tables.filter((table) => table.global).map(({ name }) => name))].sort();
  const options = [ALL, ...tables.map((name) => ({ value: name, label: name }))];
  const replicas = chosen ? replicaRegions(status, chosen) : null;

  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description="Where the Regions are, what passes between them, and how far each is behind."
          actions={
            <Select
              inlineLabelText="Replicas of"
              options={options}
              selectedOption={options.find(({ value }) => value === chosen) ?? { value: chosen, label: chosen }}
              onChange={({ detail }) => setChosen(detail.selectedOption.value ?? '')}
              filteringType={options.length > 10 ? 'auto' : 'none'}
              filteringAriaLabel="Find a table"
              empty="No global tables"
            />
          }
        >
          Globe
        </Header>
      }
    >
      <SpaceBetween size="l">
        <GlobeMap
          status={status}
          hour={hour}
          regions={regionsOf(status)}
          links={replicas ? links.filter(({ a, b }) => replicas.has(a) && replicas.has(b)) : links}
          replicas={replicas}
          table={chosen || undefined}
        />
        {tables.length === 0 ? (
          <Box color="text-body-secondary">
            No table has a replica yet: open a table, choose its Global tables tab, then Create replica, and watch it being filled
            here.
          </Box>
        ) : null}
        <ErrorAlert header="The last hour could not be read" error={hour ? null : historyError} />
        <GlobeCharts regions={hostedNames} table={chosen || undefined} />
      </SpaceBetween>
    </ContentLayout>
  );
}
