// Two numbers of units side by side, reads and writes: how all capacity is entered.
//
// SPDX-License-Identifier: Apache-2.0
import ColumnLayout from '@cloudscape-design/components/column-layout';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';

import type { ProblemAt } from '../model/forms/problems';
import type { ThroughputForm } from '../model/forms/throughput';

type Member = keyof ThroughputForm;

interface Props {
  read: { member: Member; label: string };
  write: { member: Member; label: string };
  description: string;
  placeholder?: [string, string];
  value: ThroughputForm;
  problemAt: ProblemAt;
  onChange: (value: ThroughputForm) => void;
}

export function UnitsFields({ read, write, description, placeholder, value, problemAt, onChange }: Props) {
  return (
    <ColumnLayout columns={2}>
      {[read, write].map(({ member, label }, at) => (
        <FormField key={member} label={label} description={at === 0 ? description : undefined} errorText={problemAt(member)}>
          <Input
            value={value[member]}
            inputMode="numeric"
            autoComplete={false}
            placeholder={placeholder?.[at]}
            onChange={({ detail }) => onChange({ ...value, [member]: detail.value })}
          />
        </FormField>
      ))}
    </ColumnLayout>
  );
}
