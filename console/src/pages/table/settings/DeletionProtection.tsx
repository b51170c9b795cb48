// Deletion protection: of each replica alone.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { deletionProtectionInput } from '../../../model/forms/update-table';
import { FormModal } from '../../../widgets/form-modal';
import type { TabProps } from '../tabs';
import { scopeNote } from './scope';
import { Setting, useSetting } from './Setting';

function SwitchProtection({ region, table, onClose }: TabProps & { onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  const [input] = useState(() => deletionProtectionInput(table)); // what the form was opened for
  const on = input.DeletionProtectionEnabled === true;
  return (
    <FormModal
      title={on ? 'Turn on deletion protection' : 'Turn off deletion protection'}
      action={on ? 'Turn on' : 'Turn off'}
      run={() => dynamodb.send(new UpdateTableCommand(input))}
      onClose={onClose}
    >
      <div>
        {on ? `Table ${table.TableName} cannot be deleted until this is turned off again.` : `Anybody who may delete tables can delete ${table.TableName} then.`}
        {scopeNote(table, 'this')}
      </div>
    </FormModal>
  );
}

export function DeletionProtectionSetting({ region, table }: TabProps) {
  const setting = useSetting('Deletion protection was changed');
  const on = table.DeletionProtectionEnabled === true;
  return (
    <Setting
      title="Deletion protection"
      action={on ? 'Turn off' : 'Turn on'}
      onAction={setting.edit}
      items={[['Deletion protection', <StatusIndicator type={on ? 'success' : 'stopped'}>{on ? 'On' : 'Off'}</StatusIndicator>]]}
    >
      {setting.open ? <SwitchProtection region={region} table={table} onClose={setting.close} /> : null}
    </Setting>
  );
}
