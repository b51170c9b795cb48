// The fields of what a replica may have of its own. Creating and editing a replica show the same.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';

import { baseRead, indexNames, unitsError, type ReplicaSettings } from '../../../model/replicaSettings';
import { isOnDemand, TABLE_CLASSES, tableClass } from '../../../model/tables';
import { count } from '../../../model/units';

interface Props {
  table: TableDescription;
  value: ReplicaSettings;
  onChange: (value: ReplicaSettings) => void;
  /** Whether wrong fields are marked: once somebody tried to send them. */
  strict: boolean;
}

export function ReplicaSettingsFields({ table, value, onChange, strict }: Props) {
  const units = isOnDemand(table) ? 'Maximum read request units' : 'Read capacity units';
  const base = (units: number) => (units < 0 ? 'As the table (no maximum)' : `As the table (${count(units)})`);
  const inherited = { value: '', label: `As the table (${tableClass(table.TableClassSummary?.TableClass)})` };
  const classes = [inherited, ...Object.entries(TABLE_CLASSES).map(([id, label]) => ({ value: id, label }))];
  const error = (typed: string) => (strict ? unitsError(typed) : undefined);

  return (
    <SpaceBetween size="l">
      <FormField label="Table class" description="Of this replica alone: a Region that is rarely read may use Standard-IA.">
        <Select
          options={classes}
          selectedOption={classes.find((one) => one.value === value.tableClass) ?? inherited}
          onChange={({ detail }) =>
            onChange({ ...value, tableClass: (detail.selectedOption.value ?? '') as ReplicaSettings['tableClass'] })
          }
        />
      </FormField>
      <FormField
        label={units}
        description="Of this replica alone. Write capacity is always that of the whole global table."
        errorText={error(value.read)}
      >
        <Input
          inputMode="numeric"
          value={value.read}
          placeholder={base(baseRead(table, table))}
          onChange={({ detail }) => onChange({ ...value, read: detail.value.trim() })}
        />
      </FormField>
      {indexNames(table).map((name, at) => (
        <FormField key={name} label={`${units} of index ${name}`} errorText={error(value.indexes[name] ?? '')}>
          <Input
            inputMode="numeric"
            value={value.indexes[name] ?? ''}
            placeholder={base(baseRead(table, table.GlobalSecondaryIndexes?.[at] ?? {}))}
            onChange={({ detail }) => onChange({ ...value, indexes: { ...value.indexes, [name]: detail.value.trim() } })}
          />
        </FormField>
      ))}
    </SpaceBetween>
  );
}
