// Conditions on the key of a query: every partition key equal to a value, sort keys from the left,
// the last of them in any order that keys have.
//
// SPDX-License-Identifier: Apache-2.0
import Grid from '@cloudscape-design/components/grid';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';

import { conditionOf, keyConditionsOf, type ConditionId } from '../../model/query/conditions';
import type { KeyCondition, Problems, Source } from '../../model/query/query';
import { KEY_TYPES, type KeyPart } from '../../model/tables';

interface Props {
  source: Source;
  /** One for each part of the key. */
  keys: KeyCondition[];
  problems: Problems;
  onChange: (keys: KeyCondition[]) => void;
}

const option = (id: ConditionId) => ({ value: id, label: conditionOf(id).label });

interface RowProps {
  part: KeyPart;
  condition: KeyCondition;
  problem: string | undefined;
  onChange: (condition: KeyCondition) => void;
}

function ValueInput({ part, value, onChange }: { part: KeyPart; value: string; onChange: (value: string) => void }) {
  return (
    <Input
      value={value}
      inputMode={part.type === 'N' ? 'decimal' : 'text'}
      placeholder={part.type === 'B' ? 'base64' : KEY_TYPES[part.type]}
      onChange={({ detail }) => onChange(detail.value)}
    />
  );
}

function KeyRow({ part, condition: { operator, values }, problem, onChange }: RowProps) {
  const wanted = conditionOf(operator).values === 2 ? 2 : 1;
  const set = (n: number) => (value: string) =>
    onChange({ operator, values: Array.from({ length: wanted }, (_, at) => (at === n ? value : (values[at] ?? ''))) });

  if (part.role === 'partition')
    return (
      <FormField label={`${part.name} (partition key)`} errorText={problem}>
        <ValueInput part={part} value={values[0] ?? ''} onChange={set(0)} />
      </FormField>
    );
  return (
    <Grid
      gridDefinition={[
        { colspan: { default: 12, s: 4 } },
        ...Array.from({ length: wanted }, () => ({ colspan: { default: 12, s: wanted === 2 ? 4 : 8 } })),
      ]}
    >
      <FormField
        label={
          <span>
            {part.name} (sort key) <i>- optional</i>
          </span>
        }
      >
        <Select
          selectedOption={option(operator)}
          options={keyConditionsOf(part.type).map(option)}
          onChange={({ detail }) => onChange({ operator: detail.selectedOption.value as ConditionId, values })}
        />
      </FormField>
      {Array.from({ length: wanted }, (_, n) => (
        <FormField
          key={n}
          label={`${wanted === 1 ? 'Value' : n === 0 ? 'From' : 'To'} of ${part.name}`}
          errorText={n === 0 ? problem : undefined}
          stretch
        >
          <ValueInput part={part} value={values[n] ?? ''} onChange={set(n)} />
        </FormField>
      ))}
    </Grid>
  );
}

export function KeyConditions({ source, keys, problems, onChange }: Props) {
  return (
    <SpaceBetween size="s">
      {source.key.map((part, n) => (
        <KeyRow
          key={part.name}
          part={part}
          condition={keys[n]!}
          problem={problems[`key.${n}`]}
          onChange={(condition) => onChange(keys.map((one, at) => (at === n ? condition : one)))}
        />
      ))}
    </SpaceBetween>
  );
}
