// Deleting many items: 25 in a request, what the server left over once more, with growing pauses.
//
// SPDX-License-Identifier: Apache-2.0
import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';

import { sameValue, type Item } from '../../model/item/attribute';

/** The API's own limit. */
const BATCH_MAX = 25;
const PAUSE_MS = 50;
const PAUSE_MAX_MS = 2000;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Tells the keys that are gone as they go; those told stay gone when a later request fails. */
export async function deleteItems(
  dynamodb: DynamoDBClient,
  table: string,
  keys: Item[],
  onDeleted: (keys: Item[]) => void,
  signal: AbortSignal,
): Promise<void> {
  let left: WriteRequest[] = keys.map((Key) => ({ DeleteRequest: { Key } }));
  let wait = PAUSE_MS;
  while (left.length > 0) {
    signal.throwIfAborted();
    const batch = left.slice(0, BATCH_MAX);
    const answer = await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [table]: batch } }), { abortSignal: signal });
    const over = answer.UnprocessedItems?.[table] ?? [];
    const isLeft = (key: Item) => over.some(({ DeleteRequest }) => sameValue({ M: DeleteRequest?.Key ?? {} }, { M: key }));
    onDeleted(batch.map(({ DeleteRequest }) => DeleteRequest?.Key ?? {}).filter((key) => !isLeft(key)));
    left = [...over, ...left.slice(BATCH_MAX)];
    if (over.length === 0) wait = PAUSE_MS;
    else {
      await pause(wait);
      wait = Math.min(wait * 2, PAUSE_MAX_MS);
    }
  }
}
