// This table's numbers over the last hour: items and size, replication with each peer, and which
// keys are accessed most.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo } from 'react';

import { Link } from '../../app/navigation';
import { to } from '../../app/routes';
import { ChartGrid } from '../../widgets/charts/ChartGrid';
import { replicationMetrics, tableMetrics } from '../../widgets/charts/metrics';
import { ContributorInsights } from './ContributorInsights';
import type { TabProps } from './tabs';

export default function MonitorTab({ region, table }: TabProps) {
  const name = table.TableName ?? '';
  const isGlobal = (table.Replicas ?? []).length > 0;
  const metrics = useMemo(() => [...tableMetrics(name), ...(isGlobal ? replicationMetrics(region, name) : [])], [region, name, isGlobal]);

  return (
    <SpaceBetween size="l">
      <ChartGrid
        title="The last hour"
        description={isGlobal ? `Replication to and from ${region}` : 'Replication shows here when the table has a replica in another Region.'}
        metrics={metrics}
      />
      <Box color="text-body-secondary">
        Requests and latency are counted for each Region and operation, not for each table: see them on the{' '}
        <Link to={to.globe(region)}>Globe</Link>.
      </Box>
      <ContributorInsights region={region} table={table} />
    </SpaceBetween>
  );
}
