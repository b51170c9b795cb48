// Writing an item: a new one only where there is none, an old one only where nobody changed the same
// attributes since it was read.
//
// SPDX-License-Identifier: Apache-2.0
import {
  ConditionalCheckFailedException,
  PutItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';

import { keyOf, type Item } from '../../model/item/attribute';
import { updateOf, type Change } from '../../model/item/changes';
import { Placeholders } from '../../model/query/expression';
import type { KeyPart } from '../../model/tables';

export async function createItem(dynamodb: DynamoDBClient, table: string, item: Item, parts: KeyPart[], replace: boolean): Promise<void> {
  const names = new Placeholders();
  const condition = replace ? {} : { ConditionExpression: `attribute_not_exists(${names.name(parts[0]?.name ?? '')})` };
  await dynamodb.send(new PutItemCommand({ TableName: table, Item: item, ...condition, ...names.attributes }));
}

/** The item as it is then; or as others have made it, when they were first. */
export async function updateItem(
  dynamodb: DynamoDBClient,
  table: string,
  loaded: Item,
  changes: Change[],
  parts: KeyPart[],
): Promise<{ saved: Item } | { theirs: Item | null }> {
  const key = keyOf(loaded, parts) ?? {};
  try {
    const { Attributes } = await dynamodb.send(
      new UpdateItemCommand({
        TableName: table,
        Key: key,
        ...updateOf(changes, key),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { saved: Attributes ?? loaded };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { theirs: error.Item ?? null };
    throw error;
  }
}
