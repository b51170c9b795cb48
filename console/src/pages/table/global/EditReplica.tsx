// What a replica has of its own, changed. The other replicas stay as they are.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTableCommand, type ReplicaDescription, type TableDescription } from '@aws-sdk/client-dynamodb';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { useFlash } from '../../../app/flash';
import { useRefresh } from '../../../live/hooks';
import { withAdvice } from '../../../model/advice';
import { overrides, settingsAreRight, settingsOf } from '../../../model/replicaSettings';
import { FormModal } from '../../../widgets/form-modal';
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
  const changes = overrides(table, before, settings);
  const target = replica.RegionName ?? '';

  function run() {
    setStrict(true);
    if (!settingsAreRight(settings)) return false as const;
    return withAdvice(target, () =>
      dynamodb.send(new UpdateTableCommand({ TableName: table.TableName, ReplicaUpdates: [{ Update: { RegionName: target, ...changes } }] })),
    );
  }

  return (
    <FormModal
      title={`Edit replica in ${target}`}
      action="Save changes"
      disabled={Object.keys(changes).length === 0}
      run={run}
      onClose={(done) => {
        if (done) {
          flash({ type: 'info', header: `The replica of ${table.TableName} in ${target} is being changed` });
          void refresh();
        }
        onClose();
      }}
    >
      <ReplicaSettingsFields table={table} value={settings} onChange={setSettings} strict={strict} />
    </FormModal>
  );
}
