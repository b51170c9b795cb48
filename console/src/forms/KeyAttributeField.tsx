// One attribute of a key: its name and its type, and a button to take it away where it may go.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import type { ReactNode } from 'react';

import type { KeyAttribute } from '../model/forms/keys';
import { KEY_TYPES, type KeyPart } from '../model/tables';

interface Props {
  label: ReactNode;
  /** Said to those who cannot see the label beside the type. */
  ariaLabel: string;
  description?: ReactNode;
  constraint?: ReactNode;
  placeholder?: string;
  value: KeyAttribute;
  error: string | undefined;
  onChange: (value: KeyAttribute) => void;
  onRemove?: () => void;
}

const TYPES = Object.entries(KEY_TYPES).map(([value, label]) => ({ value, label }));

export function KeyAttributeField({ label, ariaLabel, description, constraint, placeholder, value, error, onChange, onRemove }: Props) {
  const colspan = onRemove ? [{ default: 12, xs: 6 }, { default: 7, xs: 3 }, { default: 5, xs: 3 }] : [{ default: 12, xs: 8 }, { default: 12, xs: 4 }];
  return (
    <FormField label={label} description={description} constraintText={constraint} errorText={error} stretch>
      <Grid gridDefinition={colspan.map((one) => ({ colspan: one }))} disableGutters={false}>
        <Input
          ariaLabel={`${ariaLabel}: name`}
          value={value.name}
          placeholder={placeholder}
          autoComplete={false}
          spellcheck={false}
          onChange={({ detail }) => onChange({ ...value, name: detail.value })}
        />
        <Select
          ariaLabel={`${ariaLabel}: type`}
          selectedOption={{ value: value.type, label: KEY_TYPES[value.type] }}
          options={TYPES}
          onChange={({ detail }) => onChange({ ...value, type: detail.selectedOption.value as KeyPart['type'] })}
        />
        {onRemove ? (
          <Button formAction="none" wrapText={false} ariaLabel={`Remove ${ariaLabel.toLowerCase()}`} onClick={onRemove}>
            Remove
          </Button>
        ) : null}
      </Grid>
    </FormField>
  );
}
