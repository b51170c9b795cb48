// Somebody else changed the item meanwhile: theirs and mine, side by side, and a choice. Nothing was
// written yet.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import Alert, { type AlertProps } from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useEffect, useRef } from 'react';

import type { Conflict } from '../../model/item/changes';
import { AttributeCell } from '../../widgets/items/AttributeCell';

interface Props {
  /** Null: they deleted the item. */
  conflicts: Conflict[] | null;
  onKeep: (whose: 'mine' | 'theirs') => void;
}

function Side({ value }: { value: AttributeValue | undefined }) {
  return value ? <AttributeCell value={value} /> : <Box color="text-body-secondary">not there</Box>;
}

export function ConflictAlert({ conflicts, onKeep }: Props) {
  const alert = useRef<AlertProps.Ref>(null);
  // It asks something, wherever on the page the one who saved is.
  useEffect(() => alert.current?.focus(), []);
  if (conflicts === null)
    return (
      <Alert
        ref={alert}
        type="warning"
        header="The item was deleted meanwhile"
        action={<Button formAction="none" onClick={() => onKeep('mine')}>Make it again</Button>}
      >
        Nothing was saved. What you typed is still here: make the item again, or cancel.
      </Alert>
    );
  return (
    <Alert ref={alert} type="warning" header="The item was changed meanwhile">
      <SpaceBetween size="s">
        <span>Nothing was saved yet. Choose what these attributes are to be; your other changes stay either way.</span>
        <Table
          variant="embedded"
          items={conflicts}
          trackBy="name"
          ariaLabels={{ tableLabel: 'Attributes that both changed' }}
          columnDefinitions={[
            { id: 'name', header: 'Attribute', cell: ({ name }) => name, isRowHeader: true },
            { id: 'from', header: 'As it was read', cell: ({ from }) => <Side value={from} /> },
            { id: 'theirs', header: 'Theirs', cell: ({ theirs }) => <Side value={theirs} /> },
            { id: 'mine', header: 'Mine', cell: ({ to }) => <Side value={to} /> },
          ]}
        />
        <SpaceBetween direction="horizontal" size="xs">
          <Button formAction="none" onClick={() => onKeep('mine')}>
            Keep mine
          </Button>
          <Button formAction="none" onClick={() => onKeep('theirs')}>
            Take theirs
          </Button>
        </SpaceBetween>
      </SpaceBetween>
    </Alert>
  );
}
