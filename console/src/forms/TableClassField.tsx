// Standard or infrequent access.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableClass } from '@aws-sdk/client-dynamodb';
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';

import { TABLE_CLASSES } from '../model/tables';

const DESCRIPTIONS: Record<TableClass, string> = {
  STANDARD: 'For tables whose items are read and written often.',
  STANDARD_INFREQUENT_ACCESS: 'For tables that mostly keep items. Tropic stores both alike; the class is kept for what goes by it.',
};

export function TableClassField({ value, onChange }: { value: TableClass; onChange: (value: TableClass) => void }) {
  return (
    <FormField label="Table class">
      <RadioGroup
        value={value}
        onChange={({ detail }) => onChange(detail.value as TableClass)}
        items={(Object.keys(DESCRIPTIONS) as TableClass[]).map((one) => ({ value: one, label: TABLE_CLASSES[one], description: DESCRIPTIONS[one] }))}
      />
    </FormField>
  );
}
