// Whether items expire, and the attribute that says when.
//
// SPDX-License-Identifier: Apache-2.0
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';

interface Props {
  /** Null: items do not expire. */
  value: string | null;
  error: string | undefined;
  onChange: (value: string | null) => void;
}

export function TimeToLiveAttribute({ value, error, onChange }: { value: string; error: string | undefined; onChange: (value: string) => void }) {
  return (
    <FormField
      label="TTL attribute"
      description="A number: the second since 1970 (Unix time) after which the item is deleted. Items without it stay."
      errorText={error}
    >
      <Input value={value} placeholder="expires" autoComplete={false} spellcheck={false} onChange={({ detail }) => onChange(detail.value)} />
    </FormField>
  );
}

export function TimeToLiveField({ value, error, onChange }: Props) {
  return (
    <SpaceBetween size="s">
      <Checkbox checked={value !== null} onChange={({ detail }) => onChange(detail.checked ? '' : null)}>
        Delete items when their time has come (TTL)
      </Checkbox>
      {value === null ? null : <TimeToLiveAttribute value={value} error={error} onChange={onChange} />}
    </SpaceBetween>
  );
}
