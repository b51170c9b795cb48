// The table class: Standard or infrequent access.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTableCommand, type TableClass } from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { TableClassField } from '../../../forms/TableClassField';
import { tableClassInput } from '../../../model/forms/update-table';
import { tableClass } from '../../../model/tables';
import { Time } from '../../../widgets';
import { FormModal } from '../../../widgets/form-modal';
import type { TabProps } from '../tabs';
import { scopeNote } from './scope';
import { Setting, useSetting } from './Setting';

function EditTableClass({ region, table, onClose }: TabProps & { onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  const [value, setValue] = useState<TableClass>(table.TableClassSummary?.TableClass ?? 'STANDARD');
  const input = tableClassInput(table, value);
  return (
    <FormModal
      title={`Class of table ${table.TableName}`}
      action="Save changes"
      disabled={input === null}
      run={() => input !== null && dynamodb.send(new UpdateTableCommand(input))}
      onClose={onClose}
    >
      <TableClassField value={value} onChange={setValue} />
      <Box color="text-body-secondary">The class can be changed twice in 30 days.{scopeNote(table)}</Box>
    </FormModal>
  );
}

export function TableClassSetting({ region, table }: TabProps) {
  const setting = useSetting('The table class was changed');
  const summary = table.TableClassSummary;
  return (
    <Setting
      title="Table class"
      action="Edit"
      onAction={setting.edit}
      items={[
        ['Class', tableClass(summary?.TableClass)],
        ['Last changed', <Time at={summary?.LastUpdateDateTime} />],
      ]}
    >
      {setting.open ? <EditTableClass region={region} table={table} onClose={setting.close} /> : null}
    </Setting>
  );
}
