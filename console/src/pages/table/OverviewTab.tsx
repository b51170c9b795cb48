// What the table is: keys, capacity, class, and its numbers as they are now.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs, { type KeyValuePairsProps } from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactNode } from 'react';

import { Link } from '../../app/navigation';
import { to } from '../../app/routes';
import { useStatus } from '../../live/hooks';
import { useTimeToLive } from '../../live/settings';
import { capacityText, KEY_TYPES, MODES, modeOf, STREAM_VIEWS, tableClass, tableKey, warmText, type KeyPart } from '../../model/tables';
import { bytes, count, counted, NONE } from '../../model/units';
import { ResourceStatus, Time } from '../../widgets';
import { Copyable } from '../../widgets/Copyable';
import { TableStatus } from '../tables/TableStatus';
import type { TabProps } from './tabs';

interface SectionProps {
  title: string;
  actions?: ReactNode;
  /** Pixels that a value wants. */
  width?: number;
  items: [label: string, value: ReactNode][];
}

function Section({ title, actions, width = 170, items }: SectionProps) {
  const pairs: KeyValuePairsProps.Item[] = items.map(([label, value]) => ({ label, value }));
  return (
    <Container header={<Header variant="h2" actions={actions}>{title}</Header>}>
      <KeyValuePairs columns={4} minColumnWidth={width} items={pairs} />
    </Container>
  );
}

function keyText(table: TableDescription, role: KeyPart['role']): string {
  const part = tableKey(table).find((one) => one.role === role);
  return part ? `${part.name} (${KEY_TYPES[part.type]})` : NONE;
}

function Replicas({ table }: { table: TableDescription }) {
  if (!table.Replicas?.length) return <>None</>;
  return (
    <SpaceBetween size="xxs">
      {table.Replicas.map(({ RegionName, ReplicaStatus, ReplicaStatusPercentProgress }) => (
        <div key={RegionName}>
          {RegionName} <ResourceStatus status={ReplicaStatus} percent={ReplicaStatusPercentProgress} />
        </div>
      ))}
    </SpaceBetween>
  );
}

export default function OverviewTab({ region, table }: TabProps) {
  const name = table.TableName ?? '';
  const numbers = useStatus().data?.tables.find((one) => one.region === region && one.name === name);
  const { data: ttl } = useTimeToLive(region, name, table.TableStatus !== 'CREATING');
  const items = numbers?.items ?? table.ItemCount ?? 0;
  const size = numbers?.bytes ?? table.TableSizeBytes ?? 0;
  const tab = (id: string, text: string) => <Link to={to.table(region, name, id)}>{text}</Link>;

  return (
    <SpaceBetween size="l">
      <Section
        title="General information"
        items={[
          ['Partition key', keyText(table, 'partition')],
          ['Sort key', keyText(table, 'sort')],
          ['Status', <TableStatus region={region} table={table} />],
          ['Created', <Time at={table.CreationDateTime} />],
          ['Capacity mode', MODES[modeOf(table)]],
          ['Capacity', capacityText(modeOf(table), table)],
          ['Warm throughput', warmText(table)],
          ['Table class', tableClass(table.TableClassSummary?.TableClass)],
          ['Indexes', tab('indexes', `${count(table.GlobalSecondaryIndexes?.length ?? 0)} global, ${count(table.LocalSecondaryIndexes?.length ?? 0)} local`)],
          ['DynamoDB stream', tab('exports-and-streams', STREAM_VIEWS[table.StreamSpecification?.StreamViewType ?? ''] ?? 'Off')],
          ['Time to live', tab('additional-settings', ttl?.AttributeName ? `By ${ttl.AttributeName}` : 'Off')],
          ['Deletion protection', tab('additional-settings', table.DeletionProtectionEnabled ? 'On' : 'Off')],
        ]}
      />
      <Section
        title="Items"
        actions={<Link to={to.explore(region, name)}>Explore items</Link>}
        items={[
          ['Item count', <Box variant="awsui-value-large">{count(items)}</Box>],
          ['Table size', <Box variant="awsui-value-large">{bytes(size)}</Box>],
          ['Average item size', <Box variant="awsui-value-large">{items > 0 ? bytes(Math.round(size / items)) : NONE}</Box>],
          ...(table.Replicas ? [['Conflicts met', <Box variant="awsui-value-large">{count(numbers?.conflicts ?? null)}</Box>] as [string, ReactNode]] : []),
        ]}
      />
      <Section
        title="Global table"
        items={[
          ['Replicas in other Regions', <Replicas table={table} />],
          ['Version', table.GlobalTableVersion ?? NONE],
          ['Manage', tab('global-tables', table.Replicas?.length ? counted(table.Replicas.length + 1, 'replica') : 'Create a replica')],
        ]}
      />
      <Section
        title="Names"
        width={300}
        items={[
          ['Amazon Resource Name (ARN)', <Copyable value={table.TableArn} what="ARN" />],
          ['Table ID', <Copyable value={table.TableId} what="Table ID" />],
          ['Latest stream ARN', <Copyable value={table.LatestStreamArn} what="Stream ARN" />],
        ]}
      />
    </SpaceBetween>
  );
}
