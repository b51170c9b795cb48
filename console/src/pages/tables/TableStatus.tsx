// The status of a table, with its progress where the server knows one. A replica that is being
// filled knows none itself: the members that fill it do.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';

import { useStatus, useTable } from '../../live/hooks';
import { ResourceStatus } from '../../widgets';

function Filling({ region, name, source }: { region: string; name: string; source: string }) {
  const { data } = useTable(source, name);
  const here = data?.Replicas?.find(({ RegionName }) => RegionName === region);
  return <ResourceStatus status="CREATING" percent={here?.ReplicaStatusPercentProgress} />;
}

export function TableStatus({ region, table }: { region: string; table: TableDescription }) {
  const hosted = useStatus().data?.regions;
  const source = table.Replicas?.find(
    ({ RegionName, ReplicaStatus }) => ReplicaStatus === 'ACTIVE' && hosted?.some(({ name, state }) => name === RegionName && state === 'open'),
  )?.RegionName;
  return table.TableStatus === 'CREATING' && source ? (
    <Filling region={region} name={table.TableName ?? ''} source={source} />
  ) : (
    <ResourceStatus status={table.TableStatus} />
  );
}
