// Making a global index, changing its capacity, deleting it.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTableCommand, type GlobalSecondaryIndexDescription, type UpdateTableCommandInput } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { useFlash } from '../../../app/flash';
import { IndexFields } from '../../../forms/IndexFields';
import { ThroughputFields } from '../../../forms/ThroughputFields';
import { useRefresh } from '../../../live/hooks';
import { indexProblems, newIndex } from '../../../model/forms/indexes';
import { hasProblems, shown } from '../../../model/forms/problems';
import { throughputOf, throughputProblems } from '../../../model/forms/throughput';
import { createIndexInput, deleteIndexInput, indexNames, indexThroughputInput, keyAttributes, warmFloor } from '../../../model/forms/update-table';
import { modeOf } from '../../../model/tables';
import { ConfirmByName } from '../../../widgets/confirm';
import { FormModal } from '../../../widgets/form-modal';
import { scopeNote } from '../settings/scope';
import type { TabProps } from '../tabs';

interface Props extends TabProps {
  onClose: () => void;
}

/** Sends an UpdateTable; once it is taken, says so and looks anew. */
function useUpdate({ region, onClose }: Props, done: string) {
  const { dynamodb } = useSession().clients(region);
  const refresh = useRefresh();
  const flash = useFlash();
  return {
    send: (input: UpdateTableCommandInput) => dynamodb.send(new UpdateTableCommand(input)),
    close: (ok: boolean) => {
      if (ok) {
        flash({ type: 'info', header: done });
        void refresh();
      }
      onClose();
    },
  };
}

export function CreateIndex(props: Props) {
  const { table } = props;
  const [form, setForm] = useState(() => newIndex('global'));
  const [tried, setTried] = useState(false);
  const { send, close } = useUpdate(props, `Index ${form.name} is being created`);
  const problems = indexProblems(form, modeOf(table), indexNames(table), keyAttributes(table));

  return (
    <FormModal
      title="Create global secondary index"
      action="Create index"
      size="large"
      run={() => {
        setTried(true);
        return hasProblems(problems) ? false : send(createIndexInput(table, form));
      }}
      onClose={close}
    >
      <Box color="text-body-secondary">
        It is filled from the items that there are, while the table goes on serving. Items without the attributes of its key are not in it.
        {scopeNote(table)}
      </Box>
      <IndexFields value={form} mode={modeOf(table)} problemAt={shown(problems, tried)} onChange={setForm} />
    </FormModal>
  );
}

export function EditIndex({ index, ...props }: Props & { index: GlobalSecondaryIndexDescription }) {
  const { table } = props;
  const [form, setForm] = useState(() => throughputOf(index));
  const [tried, setTried] = useState(false);
  const { send, close } = useUpdate(props, `The capacity of index ${index.IndexName} is being changed`);
  const floor = warmFloor(index, modeOf(table), throughputOf(index));
  const problems = throughputProblems(modeOf(table), form, floor);
  const input = hasProblems(problems) ? null : indexThroughputInput(table, index, form);

  return (
    <FormModal
      title={`Capacity of index ${index.IndexName}`}
      action="Save changes"
      size="large"
      disabled={!hasProblems(problems) && input === null}
      run={() => {
        setTried(true);
        return input ? send(input) : false;
      }}
      onClose={close}
    >
      <ThroughputFields mode={modeOf(table)} value={form} problemAt={shown(problems, tried)} onChange={setForm} warm={floor} />
    </FormModal>
  );
}

export function DeleteIndex({ name, ...props }: Props & { name: string }) {
  const { send, close } = useUpdate(props, `Index ${name} is being deleted`);
  return (
    <ConfirmByName title={`Delete index ${name}`} name={name} action="Delete" run={() => send(deleteIndexInput(props.table, name))} onClose={close}>
      <Alert type="warning">
        Queries of this index fail from now on. The items stay in the table, and the index can be made again.
        {scopeNote(props.table)}
      </Alert>
    </ConfirmByName>
  );
}
