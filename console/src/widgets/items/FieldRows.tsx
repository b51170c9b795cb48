// The fields of an item, one row each, nested as deep as the item is: name, type, value, and what can
// be done with it.
//
// SPDX-License-Identifier: Apache-2.0
import './items.css';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import Textarea from '@cloudscape-design/components/textarea';
import Toggle from '@cloudscape-design/components/toggle';

import { ALL_TYPES, ELEMENT_OF, isSet, TYPES, type Type } from '../../model/item/attribute';
import { changeField, hasChildren, newField, retype, type Field, type FieldProblems } from '../../model/item/form';
import type { KeyPart } from '../../model/tables';

interface Props {
  fields: Field[];
  problems: FieldProblems;
  onChange: (fields: Field[]) => void;
  /** Names and types of keys stay; `fixed` when their values do, too. */
  keys?: KeyPart[];
  fixed?: boolean;
  /** They have places instead of names: "Parameter 1". They come and go by themselves. */
  placed?: string;
}

const ROWS_MAX = 10;
const typeOptions = ALL_TYPES.map((value) => ({ value, label: TYPES[value] }));

/** "lines", "lines › 2": where in the item. */
type Path = string[];
const say = (path: Path): string => path.join(' › ');

interface RowProps {
  field: Field;
  path: Path;
  problems: FieldProblems;
  change: (id: number, change: (field: Field) => Field | null) => void;
  /** 'name': of the item or a map. 'element': of a list. 'same': of a set, whose type is the set's. */
  kind: 'name' | 'element' | 'same';
  keyPart?: KeyPart | undefined;
  fixed: boolean;
  stays?: boolean;
}

function Value({ field, path, change, fixed }: RowProps) {
  const { id, type, text, on } = field;
  const label = `Value of ${say(path)}`;
  const set = (value: string) => change(id, (one) => ({ ...one, text: value }));
  if (type === 'BOOL')
    return (
      <div className="tropic-field-place">
        <Toggle checked={on} ariaLabel={label} onChange={({ detail }) => change(id, (one) => ({ ...one, on: detail.checked }))}>
          {String(on)}
        </Toggle>
      </div>
    );
  if (type === 'NULL') return <Input disabled value="null" ariaLabel={label} />;
  if (type === 'N') return <Input value={text} disabled={fixed} inputMode="decimal" ariaLabel={label} onChange={({ detail }) => set(detail.value)} />;
  return (
    <Textarea
      value={text}
      disabled={fixed}
      ariaLabel={label}
      rows={Math.min(ROWS_MAX, text.split('\n').length)}
      spellcheck={false}
      placeholder={type === 'B' ? 'base64' : 'Empty string'}
      onChange={({ detail }) => set(detail.value)}
    />
  );
}

function AddChild({ field, path, change }: RowProps) {
  const { id, type } = field;
  const add = (child: Field) => change(id, (one) => ({ ...one, children: [...one.children, child] }));
  const label = `to ${say(path)}`;
  if (isSet(type))
    return (
      <Button iconName="add-plus" ariaLabel={`Add element ${label}`} formAction="none" onClick={() => add(newField(ELEMENT_OF[type]))}>
        Add element
      </Button>
    );
  return (
    <AddOf text={type === 'M' ? 'Add attribute' : 'Add element'} label={label} onAdd={(chosen) => add(newField(chosen))} />
  );
}

/** A button that asks for the type of what it adds. */
export function AddOf({ text, label, onAdd }: { text: string; label: string; onAdd: (type: Type) => void }) {
  return (
    <ButtonDropdown
      ariaLabel={`${text} ${label}`}
      items={ALL_TYPES.map((id) => ({ id, text: TYPES[id] }))}
      onItemClick={({ detail }) => onAdd(detail.id as Type)}
    >
      {text}
    </ButtonDropdown>
  );
}

function Row(props: RowProps) {
  const { field, path, problems, change, kind, keyPart, fixed, stays } = props;
  const problem = problems.get(field.id);
  const where = say(path);
  return (
    <li>
      <div className="tropic-field">
        {kind === 'name' ? (
          <FormField errorText={problem?.name} stretch>
            <Input
              value={field.name}
              disabled={keyPart !== undefined}
              ariaLabel={`Name of ${where}`}
              placeholder="Attribute name"
              onChange={({ detail }) => change(field.id, (one) => ({ ...one, name: detail.value }))}
            />
          </FormField>
        ) : (
          <span className="tropic-field-place">{path[path.length - 1]}</span>
        )}
        {keyPart ? (
          <span className="tropic-field-place">
            {TYPES[field.type]}, {keyPart.role} key
          </span>
        ) : kind === 'same' ? (
          <span className="tropic-field-place">{TYPES[field.type]}</span>
        ) : (
          <Select
            selectedOption={{ value: field.type, label: TYPES[field.type] }}
            options={typeOptions}
            ariaLabel={`Type of ${where}`}
            onChange={({ detail }) => change(field.id, (one) => retype(one, detail.selectedOption.value as Type))}
          />
        )}
        <FormField errorText={problem?.value} stretch>
          {hasChildren(field.type) ? <AddChild {...props} /> : <Value {...props} fixed={fixed && keyPart !== undefined} />}
        </FormField>
        {keyPart || stays ? (
          <span />
        ) : (
          <Button iconName="remove" variant="icon" ariaLabel={`Remove ${where}`} formAction="none" onClick={() => change(field.id, () => null)} />
        )}
      </div>
      {hasChildren(field.type) && field.children.length > 0 ? (
        <ul className="tropic-fields tropic-fields-nested">
          {field.children.map((child, n) => (
            <Row
              key={child.id}
              field={child}
              path={[...path, field.type === 'M' ? child.name || 'new attribute' : String(n)]}
              problems={problems}
              change={change}
              kind={field.type === 'M' ? 'name' : field.type === 'L' ? 'element' : 'same'}
              fixed={fixed}
            />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

export function FieldRows({ fields, problems, onChange, keys = [], fixed = false, placed }: Props) {
  const change: RowProps['change'] = (id, how) => onChange(changeField(fields, id, how));
  return (
    <ul className="tropic-fields">
      {fields.map((field, n) => (
        <Row
          key={field.id}
          field={field}
          path={[placed ? `${placed} ${n + 1}` : field.name || 'new attribute']}
          problems={problems}
          change={change}
          kind={placed ? 'element' : 'name'}
          stays={placed !== undefined}
          keyPart={n < keys.length ? keys[n] : undefined}
          fixed={fixed}
        />
      ))}
    </ul>
  );
}
