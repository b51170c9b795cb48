// The global table that this table is a replica of; of a regional table, the way to make it global.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useHref } from 'react-router';

import { useFollow } from '../../app/navigation';
import { to } from '../../app/routes';
import { useStatus } from '../../live/hooks';
import { useHistory } from '../../live/useHistory';
import { cannotReplicate } from '../../model/availability';
import { replicaDirections, replicaRows } from '../../model/replicas';
import { EmptyState, ResourceStatus } from '../../widgets';
import { ConflictsPanel } from './global/ConflictsPanel';
import { PairsPanel } from './global/PairsPanel';
import { ReplicasPanel } from './global/ReplicasPanel';
import { VerifyPanel } from './global/VerifyPanel';
import type { TabProps } from './tabs';

function Regional({ region, table, blocked }: TabProps & { blocked: string | null }) {
  const follow = useFollow();
  const create = to.createReplica(region, table.TableName ?? '');
  const href = useHref(create);
  return (
    <Container header={<Header variant="h2">Replicas</Header>}>
      <EmptyState
        title="This table lives in one Region"
        action={
          <Button variant="primary" href={href} onFollow={follow(create)} disabled={!!blocked} disabledReason={blocked ?? undefined}>
            Create replica
          </Button>
        }
      >
        A replica in another Region makes it a global table: both have all items, both accept reads and writes, and changes
        of each arrive in the other, usually within a second. {blocked ? <strong>{blocked}</strong> : null}
      </EmptyState>
    </Container>
  );
}

export default function GlobalTablesTab({ region, table }: TabProps) {
  const { data: status } = useStatus();
  const { hour } = useHistory(table.GlobalTableVersion !== undefined);
  const blocked = cannotReplicate(region, table, status);
  const rows = replicaRows(region, table, status);

  if (!table.GlobalTableVersion) return <Regional region={region} table={table} blocked={blocked} />;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Global table</Header>}>
        <KeyValuePairs
          columns={4}
          items={[
            { label: 'Version', value: table.GlobalTableVersion },
            { label: 'Multi-Region consistency', value: table.MultiRegionConsistency === 'STRONG' ? 'Strong' : 'Eventual' },
            { label: 'Replicas', value: String(rows.length) },
            { label: 'Status in this Region', value: <ResourceStatus status={table.TableStatus} /> },
          ]}
        />
      </Container>
      <ReplicasPanel region={region} table={table} rows={rows} status={status} blocked={blocked} />
      <PairsPanel rows={status ? replicaDirections(region, table, status, hour) : []} />
      <VerifyPanel region={region} table={table.TableName ?? ''} />
      <ConflictsPanel region={region} table={table} />
    </SpaceBetween>
  );
}
