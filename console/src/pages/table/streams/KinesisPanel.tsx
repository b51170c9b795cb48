// Where changes of the table are delivered to besides its stream. Whether this server can deliver at
// all, it says when it is asked to.
//
// SPDX-License-Identifier: Apache-2.0
import {
  DescribeKinesisStreamingDestinationCommand,
  DisableKinesisStreamingDestinationCommand,
  EnableKinesisStreamingDestinationCommand,
  type ApproximateCreationDateTimePrecision,
  type DestinationStatus,
  type KinesisDataStreamDestination,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { useRefresh } from '../../../live/hooks';
import { PACE } from '../../../live/query';
import { EmptyState, ErrorAlert, Mono } from '../../../widgets';
import { FormModal } from '../../../widgets/form-modal';

const STATES: Record<DestinationStatus, { label: string; type: StatusIndicatorProps.Type }> = {
  ACTIVE: { label: 'Active', type: 'success' },
  ENABLING: { label: 'Enabling', type: 'in-progress' },
  UPDATING: { label: 'Updating', type: 'in-progress' },
  DISABLING: { label: 'Disabling', type: 'in-progress' },
  DISABLED: { label: 'Disabled', type: 'stopped' },
  ENABLE_FAILED: { label: 'Enabling failed', type: 'error' },
};

const PRECISIONS: Record<ApproximateCreationDateTimePrecision, string> = { MILLISECOND: 'Milliseconds', MICROSECOND: 'Microseconds' };

const ARN = /^arn:[^:]+:kinesis:[^:]+:[^:]*:stream\/.+$/;

function stateOf({ DestinationStatus: status }: KinesisDataStreamDestination) {
  return status ? STATES[status] : { label: 'Unknown', type: 'info' as const };
}

const COLUMNS: TableProps.ColumnDefinition<KinesisDataStreamDestination>[] = [
  { id: 'arn', header: 'Kinesis data stream', isRowHeader: true, cell: ({ StreamArn }) => <Mono>{StreamArn}</Mono> },
  {
    id: 'status',
    header: 'Status',
    cell: (row) => <StatusIndicator type={stateOf(row).type}>{stateOf(row).label}</StatusIndicator>,
  },
  {
    id: 'precision',
    header: 'Time of changes in',
    cell: ({ ApproximateCreationDateTimePrecision: precision = 'MILLISECOND' }) => PRECISIONS[precision],
  },
];

function Enable({ region, name, onClose }: { region: string; name: string; onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  const [arn, setArn] = useState('');
  const [precision, setPrecision] = useState<ApproximateCreationDateTimePrecision>('MILLISECOND');
  const [strict, setStrict] = useState(false);

  function run() {
    setStrict(true);
    if (!ARN.test(arn)) return false as const;
    return dynamodb.send(
      new EnableKinesisStreamingDestinationCommand({
        TableName: name,
        StreamArn: arn,
        EnableKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: precision },
      }),
    );
  }

  return (
    <FormModal title="Enable delivery to Kinesis" action="Enable" run={run} onClose={onClose}>
      <FormField
        label="ARN of the Kinesis data stream"
        errorText={strict && !ARN.test(arn) ? 'Give the ARN of a stream, such as arn:aws:kinesis:eu-west-1:000000000000:stream/changes' : undefined}
      >
        <Input value={arn} placeholder={`arn:aws:kinesis:${region}:000000000000:stream/NAME`} onChange={({ detail }) => setArn(detail.value.trim())} />
      </FormField>
      <FormField label="Time of changes in">
        <RadioGroup
          value={precision}
          onChange={({ detail }) => setPrecision(detail.value as ApproximateCreationDateTimePrecision)}
          items={Object.entries(PRECISIONS).map(([value, label]) => ({ value, label }))}
        />
      </FormField>
    </FormModal>
  );
}

function Disable({ region, name, arn, onClose }: { region: string; name: string; arn: string; onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  return (
    <FormModal
      title="Disable delivery to Kinesis"
      action="Disable"
      run={() => dynamodb.send(new DisableKinesisStreamingDestinationCommand({ TableName: name, StreamArn: arn }))}
      onClose={onClose}
    >
      <Box>
        Changes after this are not delivered to <Mono>{arn}</Mono>.
      </Box>
    </FormModal>
  );
}

export function KinesisPanel({ region, table }: { region: string; table: TableDescription }) {
  const { dynamodb } = useSession().clients(region);
  const name = table.TableName ?? '';
  const refresh = useRefresh();
  const [dialog, setDialog] = useState<'enable' | 'disable' | null>(null);
  const { data, error, isPending } = useQuery({
    queryKey: [region, 'kinesis', name],
    queryFn: async ({ signal }) =>
      (await dynamodb.send(new DescribeKinesisStreamingDestinationCommand({ TableName: name }), { abortSignal: signal }))
        .KinesisDataStreamDestinations ?? [],
    refetchInterval: PACE.calm,
  });
  const active = data?.find(({ DestinationStatus }) => DestinationStatus !== 'DISABLED' && DestinationStatus !== 'ENABLE_FAILED');
  const close = (done: boolean) => {
    setDialog(null);
    if (done) void refresh();
  };

  return (
    <>
      <Table
        items={data ?? []}
        trackBy={({ StreamArn }) => StreamArn ?? ''}
        columnDefinitions={COLUMNS}
        loading={isPending}
        loadingText="Asking for destinations"
        enableKeyboardNavigation
        ariaLabels={{ tableLabel: 'Kinesis destinations' }}
        header={
          <Header
            variant="h2"
            description="Changes of this Region's table, delivered to a Kinesis data stream. At most one destination a table."
            actions={
              active ? (
                <Button onClick={() => setDialog('disable')}>Disable</Button>
              ) : (
                <Button onClick={() => setDialog('enable')} disabled={!data} disabledReason="It is not known yet where changes go">
                  Enable
                </Button>
              )
            }
          >
            Amazon Kinesis data stream details
          </Header>
        }
        empty={
          error ? (
            <ErrorAlert error={error} header="The destinations could not be listed" />
          ) : (
            <EmptyState title="Changes are delivered nowhere">Enable delivery to have every change in a Kinesis data stream, too.</EmptyState>
          )
        }
      />
      {dialog === 'enable' ? <Enable region={region} name={name} onClose={close} /> : null}
      {dialog === 'disable' && active ? <Disable region={region} name={name} arn={active.StreamArn ?? ''} onClose={close} /> : null}
    </>
  );
}
