// An item as a form: a tree of fields that holds what was typed, right or wrong, until it becomes an
// item again. A field keeps its text and children when its type changes, so that changing it back
// finds them.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import { ELEMENT_OF, isSet, sameValue, scalar, scalarText, typeOf, type Item, type Type } from './attribute';

export interface Field {
  id: number;
  /** Of attributes of the item and of maps. */
  name: string;
  type: Type;
  /** Of strings, numbers and binary (base64). */
  text: string;
  on: boolean;
  /** Of sets, lists and maps. */
  children: Field[];
}

let made = 0;

export function newField(type: Type, name = '', some: Partial<Field> = {}): Field {
  return { id: ++made, name, type, text: '', on: false, children: [], ...some };
}

export const isDocument = (type: Type): type is 'L' | 'M' => type === 'L' || type === 'M';
export const hasChildren = (type: Type): boolean => isDocument(type) || isSet(type);

function fieldOf(value: AttributeValue, name = ''): Field {
  const type = typeOf(value);
  const of = (children: Field[]) => newField(type, name, { children });
  if (value.SS) return of(value.SS.map((one) => fieldOf({ S: one })));
  if (value.NS) return of(value.NS.map((one) => fieldOf({ N: one })));
  if (value.BS) return of(value.BS.map((one) => fieldOf({ B: one })));
  if (value.L) return of(value.L.map((one) => fieldOf(one)));
  if (value.M) return of(toFields(value.M));
  return newField(type, name, { text: scalarText(value), on: value.BOOL === true });
}

export function toFields(item: Item): Field[] {
  return Object.entries(item).map(([name, value]) => fieldOf(value, name));
}

/** The tree with one field changed; null takes it out. */
export function changeField(fields: Field[], id: number, change: (field: Field) => Field | null): Field[] {
  return fields.flatMap((field) => {
    if (field.id === id) return change(field) ?? [];
    const children = changeField(field.children, id, change);
    return children.every((child, n) => child === field.children[n]) && children.length === field.children.length
      ? field
      : { ...field, children };
  });
}

/** Another type, and what was typed as far as it means something there. */
export function retype(field: Field, type: Type): Field {
  const { text, children } = field;
  if (isSet(type)) {
    const element = ELEMENT_OF[type];
    const source = children.length > 0 || text === '' ? children : [newField(element, '', { text })];
    return { ...field, type, children: source.map((child) => retype(child, element)) };
  }
  if (hasChildren(type) || type === 'BOOL' || type === 'NULL') return { ...field, type };
  return { ...field, type, text: text === '' && children.length === 1 ? children[0]!.text : text };
}

/** By id of the field. */
export type FieldProblems = Map<number, { name?: string; value?: string }>;

/** What a key is before it is typed. */
export function blankValue(type: Type): AttributeValue {
  return type === 'N' ? { N: '' } : type === 'B' ? { B: new Uint8Array() } : { S: '' };
}

class Reader {
  readonly problems: FieldProblems = new Map();

  constructor(private readonly mayBeBlank: ReadonlySet<number>) {}

  private say(id: number, problem: { name?: string; value?: string }): void {
    this.problems.set(id, { ...this.problems.get(id), ...problem });
  }

  map(fields: Field[]): Item {
    const seen = new Set<string>();
    return Object.fromEntries(
      fields.map((field) => {
        if (field.name === '') this.say(field.id, { name: 'Enter a name' });
        else if (seen.has(field.name)) this.say(field.id, { name: 'This name is there twice' });
        seen.add(field.name);
        return [field.name, this.value(field)];
      }),
    );
  }

  private value(field: Field): AttributeValue {
    const { id, type, text, on, children } = field;
    if (type === 'BOOL') return { BOOL: on };
    if (type === 'NULL') return { NULL: true };
    if (type === 'L') return { L: children.map((child) => this.value(child)) };
    if (type === 'M') return { M: this.map(children) };
    if (isSet(type)) return this.set(field);
    if (text === '' && this.mayBeBlank.has(id)) return blankValue(type);
    const read = scalar(type, text);
    if ('value' in read) return read.value;
    this.say(id, { value: read.problem });
    return { S: text };
  }

  private set({ id, type, children }: Field): AttributeValue {
    const values = children.map((child) => this.value(child));
    if (values.length === 0) this.say(id, { value: 'A set has at least one element' });
    values.forEach((value, n) => {
      if (values.slice(0, n).some((other) => sameValue(other, value)))
        this.say(children[n]!.id, { value: 'This element is there twice' });
    });
    if (type === 'NS') return { NS: values.map(scalarText) };
    if (type === 'BS') return { BS: values.map(({ B }) => B ?? new Uint8Array()) };
    return { SS: values.map(scalarText) };
  }
}

/**
 * The first fields are the keys, `keys` of them. They must have a value, except while the item is only
 * shown another way (`draft`).
 */
export function fromFields(fields: Field[], keys = 0, draft = false): { item: Item } | { problems: FieldProblems } {
  const keyIds = fields.slice(0, keys).map(({ id }) => id);
  const reader = new Reader(new Set(draft ? keyIds : []));
  const item = reader.map(fields);
  if (!draft)
    for (const { id, text } of fields.slice(0, keys)) if (text === '') reader.problems.set(id, { value: 'Enter a value' });
  return reader.problems.size > 0 ? { problems: reader.problems } : { item };
}
