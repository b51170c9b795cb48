// One conflict: both writes side by side.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';

import type { ConflictSide } from '../../../api/admin-types';
import { doneTo, whereOf } from '../../../model/conflicts';
import { itemOfWire } from '../../../model/item/diff';
import { Mono, Time } from '../../../widgets';
import { ItemDiff } from '../../../widgets/item-diff';
import type { Conflict } from './ConflictsPanel';

function About({ side }: { side: ConflictSide }) {
  const written = Number(side.version.split('.')[0]);
  return (
    <>
      {doneTo(side)} in {whereOf(side)}: <Time at={Number.isFinite(written) ? written : null} />
    </>
  );
}

export function ConflictDetails({ conflict, onClose }: { conflict: Conflict; onClose: () => void }) {
  const { key, winner, loser } = conflict;
  return (
    <Modal
      visible
      size="large"
      header="Two writes at the same time"
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
          columns={3}
          items={[
            { label: 'Key', value: <Mono>{JSON.stringify(key)}</Mono> },
            { label: 'Winner, what the item is everywhere', value: <About side={winner} /> },
            { label: 'Loser, in no replica any more', value: <About side={loser} /> },
          ]}
        />
        <ItemDiff
          label="Both writes"
          left={{ name: 'Loser', item: loser.item && itemOfWire(loser.item) }}
          right={{ name: 'Winner', item: winner.item && itemOfWire(winner.item) }}
        />
        <ExpandableSection headerText="As DynamoDB JSON">
          <SpaceBetween size="s">
            <Box variant="awsui-key-label">Winner</Box>
            <pre className="tropic-json">{JSON.stringify(winner.item, null, 2)}</pre>
            <Box variant="awsui-key-label">Loser</Box>
            <pre className="tropic-json">{JSON.stringify(loser.item, null, 2)}</pre>
          </SpaceBetween>
        </ExpandableSection>
      </SpaceBetween>
    </Modal>
  );
}
