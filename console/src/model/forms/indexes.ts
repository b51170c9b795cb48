// A secondary index in a form. A local one has the table's partition key and one sort key of its
// own; a global one may have up to four attributes in each half of its key, and its own throughput.
//
// SPDX-License-Identifier: Apache-2.0
import type { BillingMode, GlobalSecondaryIndex, LocalSecondaryIndex, Projection } from '@aws-sdk/client-dynamodb';

import { GLOBAL_INDEXES_MAX, INCLUDED_MAX, INCLUDED_OF_TABLE_MAX, LOCAL_INDEXES_MAX } from '../limits';
import { keyProblems, keySchema, newKeyAttribute, typeProblem, type KeyAttribute } from './keys';
import { attributeProblem, missing, nameProblem, note, noteBelow, wrong, type Problem, type Problems } from './problems';
import { newThroughput, throughputInput, throughputProblems, type ThroughputForm } from './throughput';

export type ProjectionKind = 'ALL' | 'KEYS_ONLY' | 'INCLUDE';

export interface IndexForm {
  /** Tells the forms of one page apart while they are moved and removed. */
  id: number;
  scope: 'global' | 'local';
  name: string;
  partition: KeyAttribute[];
  sort: KeyAttribute[];
  projection: ProjectionKind;
  /** Of INCLUDE: one attribute a line. */
  included: string;
  throughput: ThroughputForm;
}

let made = 0;

export function newIndex(scope: IndexForm['scope']): IndexForm {
  const local = scope === 'local';
  return {
    id: ++made,
    scope,
    name: '',
    partition: local ? [] : [newKeyAttribute()],
    sort: local ? [newKeyAttribute()] : [],
    projection: 'ALL',
    included: '',
    throughput: newThroughput(),
  };
}

export function includedNames(form: IndexForm): string[] {
  return form.included.split('\n').map((line) => line.trim()).filter((line) => line !== '');
}

function includedProblem(form: IndexForm): Problem | null {
  const names = includedNames(form);
  if (names.length === 0) return missing('Name at least one attribute.');
  if (names.length > INCLUDED_MAX) return wrong(`An index includes at most ${INCLUDED_MAX} attributes besides the keys.`);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return wrong(`${twice} is there twice.`);
  return names.map((name) => attributeProblem(name, 'attribute')).find((problem) => problem !== null) ?? null;
}

/** `others`: attributes of all other keys of the table, whose types bind this index's. */
export function indexProblems(form: IndexForm, mode: BillingMode, otherNames: string[], others: KeyAttribute[]): Problems {
  const problems: Problems = {};
  note(problems, 'name', nameProblem(form.name, 'index'));
  if (otherNames.includes(form.name)) note(problems, 'name', wrong('Another index has this name.'));
  for (const [path, problem] of Object.entries(keyProblems(form.partition, form.sort))) note(problems, path, problem);
  for (const half of ['partition', 'sort'] as const)
    form[half].forEach((attribute, at) => note(problems, `${half}.${at}`, typeProblem(attribute, others)));
  if (form.projection === 'INCLUDE') note(problems, 'included', includedProblem(form));
  if (form.scope === 'global') noteBelow(problems, 'throughput', throughputProblems(mode, form.throughput));
  return problems;
}

/** All indexes of a new table, at `<position>.name` and so on; `all` is about their number. */
export function indexesProblems(forms: IndexForm[], mode: BillingMode, tableKey: { partition: KeyAttribute; sort: KeyAttribute | null }): Problems {
  const problems: Problems = {};
  const own = [tableKey.partition, ...(tableKey.sort ? [tableKey.sort] : [])];
  forms.forEach((form, at) => {
    const before = forms.slice(0, at);
    noteBelow(problems, String(at), indexProblems(
      form, mode, before.map(({ name }) => name), [...own, ...before.flatMap(({ partition, sort }) => [...partition, ...sort])],
    ));
    if (form.scope === 'local' && form.sort[0]?.name === tableKey.partition.name)
      note(problems, `${at}.sort.0`, wrong('That is the partition key of the table.'));
  });
  const locals = forms.filter(({ scope }) => scope === 'local').length;
  const included = forms.reduce((sum, form) => sum + (form.projection === 'INCLUDE' ? includedNames(form).length : 0), 0);
  if (locals > LOCAL_INDEXES_MAX) note(problems, 'all', wrong(`A table has at most ${LOCAL_INDEXES_MAX} local indexes.`));
  if (forms.length - locals > GLOBAL_INDEXES_MAX) note(problems, 'all', wrong(`A table has at most ${GLOBAL_INDEXES_MAX} global indexes.`));
  if (locals > 0 && !tableKey.sort) note(problems, 'all', wrong('A table with local indexes needs a sort key.'));
  if (included > INCLUDED_OF_TABLE_MAX) note(problems, 'all', wrong(`All indexes of a table together include at most ${INCLUDED_OF_TABLE_MAX} attributes.`));
  return problems;
}

function projection(form: IndexForm): Projection {
  return form.projection === 'INCLUDE'
    ? { ProjectionType: 'INCLUDE', NonKeyAttributes: includedNames(form) }
    : { ProjectionType: form.projection };
}

export function globalIndexInput(form: IndexForm, mode: BillingMode): GlobalSecondaryIndex {
  return {
    IndexName: form.name,
    KeySchema: keySchema(form.partition, form.sort),
    Projection: projection(form),
    ...throughputInput(mode, form.throughput),
  };
}

export function localIndexInput(form: IndexForm, partition: KeyAttribute): LocalSecondaryIndex {
  return { IndexName: form.name, KeySchema: keySchema([partition], form.sort), Projection: projection(form) };
}
