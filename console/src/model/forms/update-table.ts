// Changes of a table that is there: the UpdateTable request that leads from what it has to what a
// form wants. Null means that nothing would change: the service refuses such requests.
//
// SPDX-License-Identifier: Apache-2.0
import type {
  BillingMode,
  GlobalSecondaryIndexDescription,
  GlobalSecondaryIndexUpdate,
  TableClass,
  TableDescription,
  UpdateTableCommandInput,
} from '@aws-sdk/client-dynamodb';

import { modeOf, type KeyPart } from '../tables';
import { globalIndexInput, type IndexForm } from './indexes';
import { definitions, type KeyAttribute } from './keys';
import { noteBelow, type Problems } from './problems';
import { throughputChange, throughputOf, throughputProblems, warmByItself, type ThroughputForm } from './throughput';

/** All attributes that the keys of a table name, with their types. */
export function keyAttributes(table: TableDescription): KeyAttribute[] {
  return (table.AttributeDefinitions ?? []).map(({ AttributeName, AttributeType }) => ({
    name: AttributeName ?? '',
    type: AttributeType as KeyPart['type'],
  }));
}

export function indexNames(table: TableDescription): string[] {
  return [...(table.GlobalSecondaryIndexes ?? []), ...(table.LocalSecondaryIndexes ?? [])].map(({ IndexName }) => IndexName ?? '');
}

// ---- indexes ----

export function createIndexInput(table: TableDescription, form: IndexForm): UpdateTableCommandInput {
  return {
    TableName: table.TableName,
    AttributeDefinitions: definitions([...keyAttributes(table), ...form.partition, ...form.sort]),
    GlobalSecondaryIndexUpdates: [{ Create: globalIndexInput(form, modeOf(table)) }],
  };
}

export function deleteIndexInput(table: TableDescription, IndexName: string): UpdateTableCommandInput {
  return { TableName: table.TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] };
}

export function indexThroughputInput(table: TableDescription, index: GlobalSecondaryIndexDescription, after: ThroughputForm): UpdateTableCommandInput | null {
  const change = throughputChange(modeOf(table), throughputOf(index), after);
  return change && { TableName: table.TableName, GlobalSecondaryIndexUpdates: [{ Update: { IndexName: index.IndexName, ...change } }] };
}

// ---- capacity ----

/** The capacity of a table; a change to provisioned mode gives each global index its own. */
export interface CapacityForm {
  mode: BillingMode;
  table: ThroughputForm;
  indexes: { name: string; throughput: ThroughputForm }[];
}

export function capacityOf(table: TableDescription): CapacityForm {
  return {
    mode: modeOf(table),
    table: throughputOf(table),
    indexes: (table.GlobalSecondaryIndexes ?? [])
      .filter(({ IndexStatus }) => IndexStatus !== 'DELETING')
      .map((index) => ({ name: index.IndexName ?? '', throughput: throughputOf(index) })),
  };
}

/** Warm throughput may not be gone below what there is. */
export function warmFloor(of: TableDescription | GlobalSecondaryIndexDescription, mode: BillingMode, form: ThroughputForm) {
  const byItself = warmByItself(mode, form);
  return {
    read: Math.max(of.WarmThroughput?.ReadUnitsPerSecond ?? 0, byItself.read),
    write: Math.max(of.WarmThroughput?.WriteUnitsPerSecond ?? 0, byItself.write),
  };
}

/** Asks for provisioned capacity of the indexes as well. */
export const provisionsIndexes = (table: TableDescription, form: CapacityForm): boolean =>
  form.mode === 'PROVISIONED' && modeOf(table) !== 'PROVISIONED' && form.indexes.length > 0;

/** At `table.read`, `indexes.0.read` and so on. */
export function capacityProblems(table: TableDescription, form: CapacityForm): Problems {
  const problems: Problems = {};
  noteBelow(problems, 'table', throughputProblems(form.mode, form.table, warmFloor(table, modeOf(table), throughputOf(table))));
  if (provisionsIndexes(table, form))
    form.indexes.forEach(({ throughput }, at) =>
      noteBelow(problems, `indexes.${at}`, throughputProblems(form.mode, { ...throughput, warmRead: '', warmWrite: '' })),
    );
  return problems;
}

export function capacityInput(table: TableDescription, form: CapacityForm): UpdateTableCommandInput | null {
  const modeChanges = form.mode !== modeOf(table);
  const change = throughputChange(form.mode, throughputOf(table), form.table, modeChanges);
  const indexes = provisionsIndexes(table, form)
    ? form.indexes.map(({ name, throughput }): GlobalSecondaryIndexUpdate => ({
        Update: { IndexName: name, ProvisionedThroughput: throughputChange('PROVISIONED', throughput, throughput, true)?.ProvisionedThroughput },
      }))
    : [];
  if (!change && !modeChanges) return null;
  return {
    TableName: table.TableName,
    ...(modeChanges ? { BillingMode: form.mode } : {}),
    ...change,
    ...(indexes.length > 0 ? { GlobalSecondaryIndexUpdates: indexes } : {}),
  };
}

// ---- the rest ----

export function tableClassInput(table: TableDescription, tableClass: TableClass): UpdateTableCommandInput | null {
  return tableClass === (table.TableClassSummary?.TableClass ?? 'STANDARD') ? null : { TableName: table.TableName, TableClass: tableClass };
}

export function deletionProtectionInput(table: TableDescription): UpdateTableCommandInput {
  return { TableName: table.TableName, DeletionProtectionEnabled: table.DeletionProtectionEnabled !== true };
}
