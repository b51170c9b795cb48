// The last hour of the whole deployment, or of one Region.
//
// SPDX-License-Identifier: Apache-2.0
import Select from '@cloudscape-design/components/select';
import { memo, useMemo, useState } from 'react';

import { ChartGrid } from '../../widgets/charts/ChartGrid';
import { replicationMetrics, requestMetrics, trafficMetric } from '../../widgets/charts/metrics';

const ALL = { value: '', label: 'All Regions' };

/** Drawn anew only when it shows something else: its charts keep themselves up to date. */
export const GlobeCharts = memo(function GlobeCharts({ regions, table }: { regions: string[]; table: string | undefined }) {
  const [chosen, setChosen] = useState('');
  const region = chosen || null;
  const metrics = useMemo(
    () => [...requestMetrics(region), ...replicationMetrics(region, table), trafficMetric(region)],
    [region, table],
  );
  const options = [ALL, ...regions.map((name) => ({ value: name, label: name }))];

  return (
    <ChartGrid
      title="The last hour"
      description={table ? `Replication of ${table}; requests and traffic of all tables` : undefined}
      metrics={metrics}
      controls={
        <Select
          ariaLabel="Charts of Region"
          options={options}
          selectedOption={options.find(({ value }) => value === chosen) ?? ALL}
          onChange={({ detail }) => setChosen(detail.selectedOption.value ?? '')}
        />
      }
    />
  );
});
