// Two numbers of units side by side, reads and writes: how all capacity is entered.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';

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
    <SpaceBetween size="xxs">
      <Box color="text-body-secondary" fontSize="body-s">
        {description}
      </Box>
      <ColumnLayout columns={2}>
        {[read, write].map(({ member, label }, at) => (
          <FormField key={member} label={label} errorText={problemAt(member)}>
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
    </SpaceBetween>
  );
}
