// What a replica has of its own, changed. The other replicas stay as they are.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTableCommand, type ReplicaDescription, type TableDescription } from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState, type FormEvent } from 'react';

import { useSession } from '../../../api/session';
import { useFlash } from '../../../app/flash';
import { useRefresh } from '../../../live/hooks';
import { overrides, settingsAreRight, settingsOf } from '../../../model/replicaSettings';
import { ErrorAlert } from '../../../widgets';
import { ReplicaSettingsFields } from './ReplicaSettingsFields';

interface Props {
  region: string;
  table: TableDescription;
  replica: ReplicaDescription;
  onClose: () => void;
}

export function EditReplica({ region, table, replica, onClose }: Props) {
  const { dynamodb } = useSession().clients(region);
  const flash = useFlash();
  const refresh = useRefresh();
  // As it was when the form was opened: what others change meanwhile does not move under the cursor.
  const [before] = useState(() => settingsOf(table, replica));
  const [settings, setSettings] = useState(before);
  const [strict, setStrict] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const changes = overrides(table, before, settings);
  const changed = Object.keys(changes).length > 0;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setStrict(true);
    if (busy || !changed || !settingsAreRight(settings)) return;
    setBusy(true);
    setError(null);
    try {
      await dynamodb.send(
        new UpdateTableCommand({
          TableName: table.TableName,
          ReplicaUpdates: [{ Update: { RegionName: replica.RegionName, ...changes } }],
        }),
      );
      flash({ type: 'info', header: `The replica of ${table.TableName} in ${replica.RegionName} is being changed` });
      void refresh();
      onClose();
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <Modal
      visible
      header={`Edit replica in ${replica.RegionName}`}
      onDismiss={onClose}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button
              variant="primary"
              form="edit-replica"
              loading={busy}
              disabled={!changed}
              disabledReason="Nothing is changed yet"
            >
              Save changes
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form id="edit-replica" onSubmit={(event) => void submit(event)} noValidate>
        <SpaceBetween size="l">
          <ReplicaSettingsFields table={table} value={settings} onChange={setSettings} strict={strict} />
          <ErrorAlert error={error} />
        </SpaceBetween>
      </form>
    </Modal>
  );
}
