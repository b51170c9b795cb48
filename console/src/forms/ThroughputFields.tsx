// The capacity of a table or of one global index: what the mode asks for, and warm throughput.
//
// SPDX-License-Identifier: Apache-2.0
import type { BillingMode } from '@aws-sdk/client-dynamodb';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import RadioGroup from '@cloudscape-design/components/radio-group';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';

import type { ProblemAt } from '../model/forms/problems';
import { warmByItself, type ThroughputForm } from '../model/forms/throughput';
import { count } from '../model/units';
import { UnitsFields } from './UnitsFields';

interface Props {
  mode: BillingMode;
  value: ThroughputForm;
  problemAt: ProblemAt;
  onChange: (value: ThroughputForm) => void;
  /** Warm throughput that there is already. */
  warm?: { read: number; write: number };
}

export function CapacityModeField({ value, onChange }: { value: BillingMode; onChange: (mode: BillingMode) => void }) {
  return (
    <FormField label="Capacity mode">
      <RadioGroup
        value={value}
        onChange={({ detail }) => onChange(detail.value as BillingMode)}
        items={[
          {
            value: 'PAY_PER_REQUEST',
            label: 'On-demand',
            description: 'Serves what comes, up to maximums that you may set. A table in this mode can become global.',
          },
          {
            value: 'PROVISIONED',
            label: 'Provisioned',
            description: 'Serves the reads and writes a second that you set here.',
          },
        ]}
      />
    </FormField>
  );
}

export function ThroughputFields({ mode, value, problemAt, onChange, warm = warmByItself(mode, value) }: Props) {
  const [open, setOpen] = useState(false);
  const wrong = Boolean(problemAt('warmRead') ?? problemAt('warmWrite')); // which must not hide
  const common = { value, problemAt, onChange };
  return (
    <SpaceBetween size="m">
      {mode === 'PROVISIONED' ? (
        <UnitsFields
          {...common}
          read={{ member: 'read', label: 'Read capacity units' }}
          write={{ member: 'write', label: 'Write capacity units' }}
          description="A read unit is one strongly consistent read of up to 4 KB a second, a write unit one write of up to 1 KB."
        />
      ) : (
        <UnitsFields
          {...common}
          read={{ member: 'maxRead', label: 'Maximum read request units - optional' }}
          write={{ member: 'maxWrite', label: 'Maximum write request units - optional' }}
          placeholder={['No maximum', 'No maximum']}
          description="Requests above it a second are throttled. Leave it empty for no maximum."
        />
      )}
      <ExpandableSection
        headerText="Warm throughput - optional"
        headerDescription="What clients may rely on at once. It can be raised, never lowered."
        expanded={open || wrong}
        onChange={({ detail }) => setOpen(detail.expanded)}
      >
        <UnitsFields
          {...common}
          read={{ member: 'warmRead', label: 'Warm read units per second' }}
          write={{ member: 'warmWrite', label: 'Warm write units per second' }}
          placeholder={[count(warm.read), count(warm.write)]}
          description={`At least ${count(warm.read)} reads and ${count(warm.write)} writes, which there are anyway.`}
        />
      </ExpandableSection>
    </SpaceBetween>
  );
}
