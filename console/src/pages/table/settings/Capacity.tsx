// Capacity mode and throughput of the table. Indexes have capacity of their own, changed on their
// tab; only a change to provisioned mode needs all of them at once.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState, type ReactNode } from 'react';

import { useSession } from '../../../api/session';
import { CapacityModeField, ThroughputFields } from '../../../forms/ThroughputFields';
import { UnitsFields } from '../../../forms/UnitsFields';
import { below, hasProblems, shown } from '../../../model/forms/problems';
import { throughputOf } from '../../../model/forms/throughput';
import { capacityInput, capacityOf, capacityProblems, provisionsIndexes, warmFloor } from '../../../model/forms/update-table';
import { capacityText, MODES, modeOf, warmText } from '../../../model/tables';
import { Time } from '../../../widgets';
import { FormModal } from '../../../widgets/form-modal';
import type { TabProps } from '../tabs';
import { scopeNote } from './scope';
import { Setting, useSetting } from './Setting';

function EditCapacity({ region, table, onClose }: TabProps & { onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  const [form, setForm] = useState(() => capacityOf(table));
  const [tried, setTried] = useState(false);
  const problems = capacityProblems(table, form);
  const problemAt = shown(problems, tried);
  const input = hasProblems(problems) ? null : capacityInput(table, form);
  const global = (table.Replicas?.length ?? 0) > 0;

  return (
    <FormModal
      title={`Capacity of table ${table.TableName}`}
      action="Save changes"
      size="large"
      disabled={!hasProblems(problems) && input === null}
      run={() => {
        setTried(true);
        return input ? dynamodb.send(new UpdateTableCommand(input)) : false;
      }}
      onClose={onClose}
    >
      <CapacityModeField value={form.mode} onChange={(mode) => setForm({ ...form, mode })} />
      {global ? <Alert type="info">{scopeNote(table).trim()}</Alert> : null}
      <ThroughputFields
        mode={form.mode}
        value={form.table}
        problemAt={below(problemAt, 'table')}
        onChange={(throughput) => setForm({ ...form, table: throughput })}
        warm={warmFloor(table, modeOf(table), throughputOf(table))}
      />
      {provisionsIndexes(table, form)
        ? form.indexes.map(({ name, throughput }, at) => (
            <SpaceBetween key={name} size="xs">
              <Header variant="h3">Index {name}</Header>
              <UnitsFields
                read={{ member: 'read', label: `Read capacity units of ${name}` }}
                write={{ member: 'write', label: `Write capacity units of ${name}` }}
                description="A provisioned table has provisioned indexes."
                value={throughput}
                problemAt={below(problemAt, `indexes.${at}`)}
                onChange={(changed) => setForm({ ...form, indexes: form.indexes.map((one, i) => (i === at ? { name, throughput: changed } : one)) })}
              />
            </SpaceBetween>
          ))
        : null}
    </FormModal>
  );
}

export function CapacitySetting({ region, table }: TabProps) {
  const setting = useSetting('The capacity was changed');
  const { ProvisionedThroughput: provisioned, BillingModeSummary: billing } = table;
  return (
    <Setting
      title="Read/write capacity"
      action="Edit"
      onAction={setting.edit}
      items={[
        ['Capacity mode', MODES[modeOf(table)]],
        ['Capacity', capacityText(modeOf(table), table)],
        ['Warm throughput', warmText(table)],
        ...(billing?.LastUpdateToPayPerRequestDateTime
          ? [['Last switched to on-demand', <Time at={billing.LastUpdateToPayPerRequestDateTime} />] as [string, ReactNode]]
          : []),
        ...(provisioned?.LastIncreaseDateTime ? [['Last increase', <Time at={provisioned.LastIncreaseDateTime} />] as [string, ReactNode]] : []),
        ...(provisioned?.LastDecreaseDateTime ? [['Last decrease', <Time at={provisioned.LastDecreaseDateTime} />] as [string, ReactNode]] : []),
      ]}
    >
      {setting.open ? <EditCapacity region={region} table={table} onClose={setting.close} /> : null}
    </Setting>
  );
}
