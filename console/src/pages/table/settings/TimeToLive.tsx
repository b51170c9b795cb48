// Time to live: turned on with an attribute, or off.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { TimeToLiveAttribute } from '../../../forms/TimeToLiveField';
import { useTimeToLive } from '../../../live/settings';
import { attributeProblem, shown } from '../../../model/forms/problems';
import { TTL_STATUSES } from '../../../model/tables';
import { NONE } from '../../../model/units';
import { ErrorAlert, Mono } from '../../../widgets';
import { FormModal } from '../../../widgets/form-modal';
import type { TabProps } from '../tabs';
import { scopeNote } from './scope';
import { Setting, useSetting } from './Setting';

interface EditProps extends TabProps {
  /** The attribute in use; undefined: it is off. */
  attribute: string | undefined;
  onClose: (done: boolean) => void;
}

function EditTimeToLive({ region, table, attribute, onClose }: EditProps) {
  const { dynamodb } = useSession().clients(region);
  const [wasOn] = useState(attribute); // what the form was opened for
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  const problem = wasOn === undefined ? attributeProblem(typed, 'attribute with the time of expiry') : null;

  return (
    <FormModal
      title={wasOn === undefined ? 'Turn on time to live' : 'Turn off time to live'}
      action={wasOn === undefined ? 'Turn on' : 'Turn off'}
      run={() => {
        setTried(true);
        if (problem) return false;
        return dynamodb.send(
          new UpdateTimeToLiveCommand({
            TableName: table.TableName,
            TimeToLiveSpecification: { Enabled: wasOn === undefined, AttributeName: wasOn ?? typed },
          }),
        );
      }}
      onClose={onClose}
    >
      {wasOn === undefined ? (
        <TimeToLiveAttribute value={typed} error={problem ? shown({ typed: problem }, tried)('typed') : undefined} onChange={setTyped} />
      ) : (
        <div>
          Items with <Mono>{wasOn}</Mono> are no longer deleted when their time has come.
        </div>
      )}
      <Box color="text-body-secondary">It can be changed once in an hour.{scopeNote(table)}</Box>
    </FormModal>
  );
}

export function TimeToLiveSetting({ region, table }: TabProps) {
  const { data: ttl, error } = useTimeToLive(region, table.TableName ?? '');
  const setting = useSetting('Time to live was changed');
  const on = ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING';
  const status = TTL_STATUSES[ttl?.TimeToLiveStatus ?? ''];
  return (
    <Setting
      title="Time to live (TTL)"
      description="Items are deleted when the time in one of their attributes has come."
      action={ttl ? (on ? 'Turn off' : 'Turn on') : undefined}
      onAction={setting.edit}
      items={[
        ['TTL', status ? <StatusIndicator type={status.type}>{status.label}</StatusIndicator> : NONE],
        ['TTL attribute', ttl?.AttributeName ? <Mono>{ttl.AttributeName}</Mono> : NONE],
      ]}
    >
      <ErrorAlert error={ttl ? null : error} />
      {setting.open ? <EditTimeToLive region={region} table={table} attribute={on ? ttl?.AttributeName : undefined} onClose={setting.close} /> : null}
    </Setting>
  );
}
