// Tags: rows of a key and a value.
//
// SPDX-License-Identifier: Apache-2.0
import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import Input from '@cloudscape-design/components/input';

import type { ProblemAt } from '../model/forms/problems';
import type { TagForm } from '../model/forms/tags';
import { TAGS_MAX } from '../model/limits';
import { counted } from '../model/units';

interface Props {
  value: TagForm[];
  problemAt: ProblemAt;
  onChange: (value: TagForm[]) => void;
}

export function TagsField({ value, problemAt, onChange }: Props) {
  const left = TAGS_MAX - value.length;
  const field = (member: keyof TagForm, label: string) => ({
    label,
    control: (tag: TagForm, at: number) => (
      <Input
        ariaLabel={`${label} of tag ${at + 1}`}
        value={tag[member]}
        autoComplete={false}
        onChange={({ detail }) => onChange(value.map((one, i) => (i === at ? { ...one, [member]: detail.value } : one)))}
      />
    ),
    errorText: (_: TagForm, at: number) => problemAt(`${at}.${member}`),
  });

  return (
    <AttributeEditor
      items={value}
      empty="No tags"
      addButtonText="Add tag"
      removeButtonText="Remove"
      removeButtonAriaLabel={({ key }) => `Remove tag ${key}`}
      disableAddButton={left <= 0}
      additionalInfo={left > 0 ? `You can add ${counted(left, 'more tag')}.` : `A table has at most ${TAGS_MAX} tags.`}
      definition={[field('key', 'Key'), field('value', 'Value')]}
      onAddButtonClick={() => onChange([...value, { key: '', value: '' }])}
      onRemoveButtonClick={({ detail }) => onChange(value.filter((_, at) => at !== detail.itemIndex))}
    />
  );
}
