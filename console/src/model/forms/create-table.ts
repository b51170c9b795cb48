// The form of a new table, what is wrong with it, and the request that it makes.
//
// Default settings make an on-demand table of Standard class, without a stream: every table made
// that way can become global.
//
// SPDX-License-Identifier: Apache-2.0
import type { BillingMode, CreateTableCommandInput, StreamViewType, TableClass } from '@aws-sdk/client-dynamodb';

import { definitions, keyProblems, keySchema, newKeyAttribute, type KeyAttribute } from './keys';
import { globalIndexInput, indexesProblems, localIndexInput, type IndexForm } from './indexes';
import { attributeProblem, nameProblem, note, noteBelow, wrong, type Problems } from './problems';
import { tagProblems, tagsInput, type TagForm } from './tags';
import { newThroughput, throughputInput, throughputProblems, type ThroughputForm } from './throughput';

/** What "Default settings" stands for, and "Customize settings" starts with. */
export interface TableSettings {
  tableClass: TableClass;
  mode: BillingMode;
  throughput: ThroughputForm;
  indexes: IndexForm[];
  /** Of the stream; null: there is none. */
  stream: StreamViewType | null;
  /** The attribute that holds the time of expiry; null: items do not expire. */
  timeToLive: string | null;
  deletionProtection: boolean;
}

export interface CreateTableForm {
  name: string;
  partition: KeyAttribute;
  /** Without a name there is none. */
  sort: KeyAttribute;
  customized: boolean;
  settings: TableSettings;
  tags: TagForm[];
}

export const defaultSettings = (): TableSettings => ({
  tableClass: 'STANDARD',
  mode: 'PAY_PER_REQUEST',
  throughput: newThroughput(),
  indexes: [],
  stream: null,
  timeToLive: null,
  deletionProtection: false,
});

export const newCreateTable = (): CreateTableForm => ({
  name: '',
  partition: newKeyAttribute(),
  sort: newKeyAttribute(),
  customized: false,
  settings: defaultSettings(),
  tags: [],
});

const settingsOf = (form: CreateTableForm): TableSettings => (form.customized ? form.settings : defaultSettings());
const sortOf = (form: CreateTableForm): KeyAttribute[] => (form.sort.name === '' ? [] : [form.sort]);

export function createTableProblems(form: CreateTableForm): Problems {
  const problems: Problems = {};
  const { mode, throughput, indexes, timeToLive } = settingsOf(form);
  note(problems, 'name', nameProblem(form.name, 'table'));
  for (const [path, problem] of Object.entries(keyProblems([form.partition], sortOf(form)))) note(problems, path, problem);
  noteBelow(problems, 'throughput', throughputProblems(mode, throughput));
  noteBelow(problems, 'indexes', indexesProblems(indexes, mode, { partition: form.partition, sort: sortOf(form)[0] ?? null }));
  if (timeToLive !== null) {
    note(problems, 'timeToLive', attributeProblem(timeToLive, 'attribute with the time of expiry'));
    if ([form.partition, ...sortOf(form)].some(({ name, type }) => name === timeToLive && name !== '' && type !== 'N'))
      note(problems, 'timeToLive', wrong('The time of expiry is a number, but this attribute is in the key under another type.'));
  }
  noteBelow(problems, 'tags', tagProblems(form.tags));
  return problems;
}

/** Of a form without problems. The time to live is set by a request of its own, afterwards. */
export function createTableInput(form: CreateTableForm): CreateTableCommandInput {
  const { tableClass, mode, throughput, indexes, stream, deletionProtection } = settingsOf(form);
  const locals = indexes.filter(({ scope }) => scope === 'local');
  const globals = indexes.filter(({ scope }) => scope === 'global');
  const sort = sortOf(form);
  return {
    TableName: form.name,
    AttributeDefinitions: definitions([form.partition, ...sort, ...indexes.flatMap((index) => [...index.partition, ...index.sort])]),
    KeySchema: keySchema([form.partition], sort),
    BillingMode: mode,
    ...throughputInput(mode, throughput),
    ...(locals.length > 0 ? { LocalSecondaryIndexes: locals.map((index) => localIndexInput(index, form.partition)) } : {}),
    ...(globals.length > 0 ? { GlobalSecondaryIndexes: globals.map((index) => globalIndexInput(index, mode)) } : {}),
    ...(stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: stream } } : {}),
    ...(tableClass === 'STANDARD' ? {} : { TableClass: tableClass }),
    ...(deletionProtection ? { DeletionProtectionEnabled: true } : {}),
    ...(form.tags.length > 0 ? { Tags: tagsInput(form.tags) } : {}),
  };
}

/** The attribute to expire items by; null: items do not expire. */
export const timeToLiveOf = (form: CreateTableForm): string | null => settingsOf(form).timeToLive;
