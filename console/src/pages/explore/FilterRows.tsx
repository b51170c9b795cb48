// Filters: attribute, condition, type and value, one a row. What does not go with the condition is
// not asked for.
//
// SPDX-License-Identifier: Apache-2.0
import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';

import { TYPES, type Type } from '../../model/item/attribute';
import { ALL_CONDITIONS, conditionOf, type ConditionId } from '../../model/query/conditions';
import type { Filter, Problems } from '../../model/query/query';

interface Props {
  filters: Filter[];
  /** Names to offer: those met so far. */
  attributes: () => string[];
  problems: Problems;
  onChange: (filters: Filter[]) => void;
}

const FIRST: Filter = { attribute: '', type: 'S', condition: '=', values: [] };
const typeOption = (type: Type) => ({ value: type, label: TYPES[type] });
const conditionOption = (id: ConditionId) => ({ value: id, label: conditionOf(id).label });
const BOOLEANS = [
  { value: 'true', label: 'true' },
  { value: 'false', label: 'false' },
];

function Values({ filter, onChange }: { filter: Filter; onChange: (values: string[]) => void }) {
  const { type, condition, values } = filter;
  const wanted = conditionOf(condition).values;
  const placeholder = type === 'B' ? 'base64' : TYPES[type];
  if (wanted === 0 || wanted === 'type' || type === 'NULL') return <Input disabled value="" placeholder="No value" ariaLabel="Value" />;
  if (type === 'BOOL')
    return (
      <Select
        ariaLabel="Value"
        selectedOption={BOOLEANS.find(({ value }) => value === values[0]) ?? BOOLEANS[1]!}
        options={BOOLEANS}
        onChange={({ detail }) => onChange([detail.selectedOption.value ?? 'false'])}
      />
    );
  if (wanted === 'many')
    return (
      <Textarea
        ariaLabel="Values, one a line"
        rows={3}
        value={values.join('\n')}
        placeholder="One value a line"
        onChange={({ detail }) => onChange(detail.value.split('\n'))}
      />
    );
  return (
    <SpaceBetween size="xxs">
      {Array.from({ length: wanted }, (_, n) => (
        <Input
          key={n}
          ariaLabel={wanted === 2 ? (n === 0 ? 'From' : 'To') : 'Value'}
          value={values[n] ?? ''}
          placeholder={wanted === 2 ? `${placeholder}, ${n === 0 ? 'from' : 'to'}` : placeholder}
          inputMode={type === 'N' ? 'decimal' : 'text'}
          onChange={({ detail }) => onChange(Array.from({ length: wanted }, (__, at) => (at === n ? detail.value : (values[at] ?? ''))))}
        />
      ))}
    </SpaceBetween>
  );
}

export function FilterRows({ filters, attributes, problems, onChange }: Props) {
  const change = (n: number, some: Partial<Filter>) =>
    onChange(filters.map((one, at) => (at === n ? { ...one, ...some } : one)));

  const names = filters.length > 0 ? attributes() : [];
  return (
    <AttributeEditor
      items={filters}
      addButtonText="Add filter"
      removeButtonText="Remove"
      removeButtonAriaLabel={({ attribute }) => `Remove filter on ${attribute || 'an attribute'}`}
      empty="No filters: every item that is read is returned."
      onAddButtonClick={() => onChange([...filters, FIRST])}
      onRemoveButtonClick={({ detail }) => onChange(filters.filter((_, at) => at !== detail.itemIndex))}
      definition={[
        {
          label: 'Attribute',
          errorText: (_, n) => problems[`filter.${n}`],
          control: ({ attribute }, n) => (
            <Autosuggest
              value={attribute}
              options={names.map((value) => ({ value }))}
              enteredTextLabel={(value) => `Use "${value}"`}
              placeholder="Name"
              ariaLabel="Attribute"
              onChange={({ detail }) => change(n, { attribute: detail.value })}
            />
          ),
        },
        {
          label: 'Condition',
          control: ({ condition, type }, n) => (
            <Select
              selectedOption={conditionOption(condition)}
              options={ALL_CONDITIONS.map(conditionOption)}
              ariaLabel="Condition"
              onChange={({ detail }) => {
                const id = detail.selectedOption.value as ConditionId;
                const { types } = conditionOf(id);
                change(n, { condition: id, ...(types.length > 0 && !types.includes(type) ? { type: types[0]! } : {}) });
              }}
            />
          ),
        },
        {
          label: 'Type',
          control: ({ condition, type }, n) => {
            const { types } = conditionOf(condition);
            return (
              <Select
                selectedOption={types.length > 0 ? typeOption(type) : null}
                disabled={types.length === 0}
                placeholder="Any"
                options={types.map(typeOption)}
                ariaLabel="Type"
                onChange={({ detail }) => change(n, { type: detail.selectedOption.value as Type })}
              />
            );
          },
        },
        {
          label: 'Value',
          control: (filter, n) => <Values filter={filter} onChange={(values) => change(n, { values })} />,
        },
      ]}
    />
  );
}
