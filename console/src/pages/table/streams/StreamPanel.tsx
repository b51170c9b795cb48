// Whether the table has a stream, and which. Of a replica the stream is given: it carries
// replication.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTableCommand, type StreamViewType, type TableDescription } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { useRefresh } from '../../../live/hooks';
import { withAdvice } from '../../../model/advice';
import { STREAM_VIEWS } from '../../../model/tables';
import { NONE } from '../../../model/units';
import { Copyable } from '../../../widgets/Copyable';
import { FormModal } from '../../../widgets/form-modal';

const MEANINGS: Record<StreamViewType, string> = {
  KEYS_ONLY: 'The key of the item that changed.',
  NEW_IMAGE: 'The whole item as it is after the change.',
  OLD_IMAGE: 'The whole item as it was before the change.',
  NEW_AND_OLD_IMAGES: 'The whole item before and after the change.',
};

interface Props {
  region: string;
  table: TableDescription;
}

function TurnOn({ region, table, onClose }: Props & { onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  const [view, setView] = useState<StreamViewType>('NEW_AND_OLD_IMAGES');
  return (
    <FormModal
      title="Turn on stream"
      action="Turn on stream"
      run={() =>
        withAdvice(region, () =>
          dynamodb.send(
            new UpdateTableCommand({ TableName: table.TableName, StreamSpecification: { StreamEnabled: true, StreamViewType: view } }),
          ),
        )
      }
      onClose={onClose}
    >
      <FormField label="View type" description="What a record of the stream holds. It cannot be changed while the stream is on.">
        <RadioGroup
          value={view}
          onChange={({ detail }) => setView(detail.value as StreamViewType)}
          items={Object.entries(STREAM_VIEWS).map(([value, label]) => ({ value, label, description: MEANINGS[value as StreamViewType] }))}
        />
      </FormField>
    </FormModal>
  );
}

function TurnOff({ region, table, onClose }: Props & { onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  return (
    <FormModal
      title="Turn off stream"
      action="Turn off stream"
      run={() =>
        withAdvice(region, () =>
          dynamodb.send(new UpdateTableCommand({ TableName: table.TableName, StreamSpecification: { StreamEnabled: false } })),
        )
      }
      onClose={onClose}
    >
      <Alert type="warning">
        Changes after this are in no stream. Records that are in it stay readable for 24 hours under the ARN of the stream; turned on
        again, the table gets a new stream with another ARN.
      </Alert>
    </FormModal>
  );
}

export function StreamPanel({ region, table }: Props) {
  const refresh = useRefresh();
  const [dialog, setDialog] = useState<'on' | 'off' | null>(null);
  const { StreamSpecification: stream, LatestStreamArn, LatestStreamLabel, GlobalTableVersion } = table;
  const enabled = stream?.StreamEnabled === true;
  const close = (done: boolean) => {
    setDialog(null);
    if (done) void refresh();
  };

  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Every change of an item, in order, readable for 24 hours."
          actions={
            enabled ? (
              <Button onClick={() => setDialog('off')}>Turn off</Button>
            ) : (
              <Button onClick={() => setDialog('on')}>Turn on</Button>
            )
          }
        >
          DynamoDB stream details
        </Header>
      }
    >
      <KeyValuePairs
        columns={3}
        items={[
          {
            label: 'Stream status',
            value: (
              <SpaceBetween size="xxxs">
                <StatusIndicator type={enabled ? 'success' : 'stopped'}>{enabled ? 'Enabled' : 'Disabled'}</StatusIndicator>
                {enabled && GlobalTableVersion ? <Box variant="small">It carries the changes to the other replicas.</Box> : null}
              </SpaceBetween>
            ),
          },
          { label: 'View type', value: stream?.StreamViewType ? (STREAM_VIEWS[stream.StreamViewType] ?? stream.StreamViewType) : NONE },
          { label: 'Label', value: LatestStreamLabel ?? NONE },
          { label: 'Latest stream ARN', value: <Copyable value={LatestStreamArn} what="Stream ARN" /> },
        ]}
      />
      {dialog === 'on' ? <TurnOn region={region} table={table} onClose={close} /> : null}
      {dialog === 'off' ? <TurnOff region={region} table={table} onClose={close} /> : null}
    </Container>
  );
}
