// One record of a stream: what the change was, as far as the view of the stream tells.
//
// SPDX-License-Identifier: Apache-2.0
import type { StreamViewType } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';

import { printItem } from '../../../model/item/dynamodb-json';
import type { TailRecord } from '../../../model/stream/records';
import { STREAM_VIEWS } from '../../../model/tables';
import { NONE } from '../../../model/units';
import { Mono, Time } from '../../../widgets';
import { ItemDiff } from '../../../widgets/item-diff';

function Images({ record, view }: { record: TailRecord; view: StreamViewType | undefined }) {
  const { oldImage, newImage } = record;
  if (view === 'NEW_AND_OLD_IMAGES')
    return <ItemDiff label="Before and after" left={{ name: 'Before', item: oldImage }} right={{ name: 'After', item: newImage }} />;
  const image = view === 'NEW_IMAGE' ? newImage : view === 'OLD_IMAGE' ? oldImage : null;
  return (
    <SpaceBetween size="s">
      <Alert type="info">{`The stream holds: ${view ? STREAM_VIEWS[view]?.toLowerCase() : 'key attributes only'}.`}</Alert>
      {image ? <pre className="tropic-json">{printItem(image)}</pre> : null}
    </SpaceBetween>
  );
}

export function RecordDetails({ record, view, onClose }: { record: TailRecord; view: StreamViewType | undefined; onClose: () => void }) {
  return (
    <Modal
      visible
      size="large"
      header={`${record.event} ${record.keyText}`}
      onDismiss={onClose}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onClose}>
            Close
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="l">
        <KeyValuePairs
          columns={2}
          items={[
            { label: 'Key', value: <Mono>{printItem(record.key, 0)}</Mono> },
            { label: 'Time', value: <Time at={record.at} /> },
            { label: 'Sequence number', value: <Mono>{record.sequence}</Mono> },
            { label: 'User identity', value: record.by ?? NONE },
          ]}
        />
        <Images record={record} view={view} />
      </SpaceBetween>
    </Modal>
  );
}
