// Whether a table has a stream of its changes, and what the stream shows of them.
//
// SPDX-License-Identifier: Apache-2.0
import type { StreamViewType } from '@aws-sdk/client-dynamodb';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';

import { STREAM_VIEWS } from '../model/tables';

interface Props {
  /** Null: no stream. */
  value: StreamViewType | null;
  onChange: (value: StreamViewType | null) => void;
}

export function StreamField({ value, onChange }: Props) {
  return (
    <SpaceBetween size="s">
      <Checkbox
        checked={value !== null}
        description="Applications can follow the changes of the table. It is turned on by itself when the table becomes global."
        onChange={({ detail }) => onChange(detail.checked ? 'NEW_AND_OLD_IMAGES' : null)}
      >
        Turn on DynamoDB stream
      </Checkbox>
      {value === null ? null : (
        <FormField label="View type" description="What a change in the stream shows.">
          <RadioGroup
            value={value}
            onChange={({ detail }) => onChange(detail.value as StreamViewType)}
            items={Object.entries(STREAM_VIEWS).map(([view, label]) => ({ value: view, label }))}
          />
        </FormField>
      )}
    </SpaceBetween>
  );
}
