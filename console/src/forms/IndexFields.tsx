// A secondary index: name, key, projection, and its own throughput when it is a global one.
//
// SPDX-License-Identifier: Apache-2.0
import type { BillingMode } from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';

import type { IndexForm, ProjectionKind } from '../model/forms/indexes';
import { newKeyAttribute, type KeyAttribute } from '../model/forms/keys';
import { below, type ProblemAt } from '../model/forms/problems';
import { INCLUDED_MAX, KEY_ATTRIBUTES_MAX } from '../model/limits';
import { KEY_TYPES, PROJECTIONS } from '../model/tables';
import { KeyAttributeField } from './KeyAttributeField';
import { ThroughputFields } from './ThroughputFields';

interface Props {
  value: IndexForm;
  mode: BillingMode;
  problemAt: ProblemAt;
  onChange: (value: IndexForm) => void;
  /** Of the table: a local index shares it. */
  tablePartition?: KeyAttribute;
}

const HALVES = { partition: 'Partition key', sort: 'Sort key' } as const;

/** One half of a global index's key: up to four attributes, in their order. */
function KeyHalf({ half, value, problemAt, onChange }: { half: 'partition' | 'sort' } & Omit<Props, 'mode' | 'tablePartition'>) {
  const attributes = value[half];
  const least = half === 'partition' || value.scope === 'local' ? 1 : 0;
  const most = value.scope === 'local' ? 1 : KEY_ATTRIBUTES_MAX;
  const put = (next: KeyAttribute[]) => onChange({ ...value, [half]: next });

  return (
    <SpaceBetween size="xs">
      {attributes.map((attribute, at) => (
        <KeyAttributeField
          key={at}
          label={attributes.length > 1 ? `${HALVES[half]} ${at + 1}` : HALVES[half]}
          ariaLabel={attributes.length > 1 ? `${HALVES[half]} ${at + 1}` : HALVES[half]}
          value={attribute}
          error={problemAt(`${half}.${at}`)}
          onChange={(changed) => put(attributes.map((one, i) => (i === at ? changed : one)))}
          onRemove={attributes.length > least ? () => put(attributes.filter((_, i) => i !== at)) : undefined}
        />
      ))}
      {attributes.length < most ? (
        <Button formAction="none" iconName="add-plus" variant="inline-link" onClick={() => put([...attributes, newKeyAttribute()])}>
          {attributes.length === 0 ? `Add a ${HALVES[half].toLowerCase()}` : `Add an attribute to the ${HALVES[half].toLowerCase()}`}
        </Button>
      ) : null}
    </SpaceBetween>
  );
}

export function IndexFields({ value, mode, problemAt, onChange, tablePartition }: Props) {
  const common = { value, problemAt, onChange };
  return (
    <SpaceBetween size="m">
      <FormField label="Index name" errorText={problemAt('name')} constraintText="3 to 255 characters: a-z, A-Z, 0-9, _, - and .">
        <Input value={value.name} autoComplete={false} spellcheck={false} onChange={({ detail }) => onChange({ ...value, name: detail.value })} />
      </FormField>
      {value.scope === 'local' ? (
        <div>
          <Box variant="awsui-key-label">Partition key</Box>
          <div>{tablePartition?.name ? `${tablePartition.name} (${KEY_TYPES[tablePartition.type]}), as the table has it` : 'As the table has it'}</div>
        </div>
      ) : (
        <KeyHalf half="partition" {...common} />
      )}
      <KeyHalf half="sort" {...common} />
      <FormField label="Attribute projections" description="What a read of the index finds.">
        <RadioGroup
          value={value.projection}
          onChange={({ detail }) => onChange({ ...value, projection: detail.value as ProjectionKind })}
          items={Object.entries(PROJECTIONS).map(([kind, { label, description }]) => ({ value: kind, label, description }))}
        />
      </FormField>
      {value.projection === 'INCLUDE' ? (
        <FormField
          label="Attributes to include"
          description="One on a line, besides the keys of the table and of the index."
          constraintText={`Up to ${INCLUDED_MAX} attributes.`}
          errorText={problemAt('included')}
        >
          <Textarea value={value.included} rows={3} spellcheck={false} onChange={({ detail }) => onChange({ ...value, included: detail.value })} />
        </FormField>
      ) : null}
      {value.scope === 'global' ? (
        <ThroughputFields
          mode={mode}
          value={value.throughput}
          problemAt={below(problemAt, 'throughput')}
          onChange={(throughput) => onChange({ ...value, throughput })}
        />
      ) : null}
    </SpaceBetween>
  );
}
