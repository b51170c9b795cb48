// Running statements: one, page by page; or several, each by itself or all of them or none.
//
// SPDX-License-Identifier: Apache-2.0
import {
  BatchExecuteStatementCommand,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  TransactionCanceledException,
  type ConsumedCapacity,
  type DynamoDBClient,
  type ItemResponse,
} from '@aws-sdk/client-dynamodb';

import { preview, type Item } from '../../model/item/attribute';
import type { Bound } from '../../model/partiql/statements';
import type { Ask } from '../../model/query/run';
import type { Outcome, StatementOutcome } from './memory';

export function askStatement(dynamodb: DynamoDBClient, statement: Bound): Ask<string> {
  return async (after, limit, signal) => {
    const answer = await dynamodb.send(
      new ExecuteStatementCommand({
        ...statement,
        NextToken: after,
        ReturnConsumedCapacity: 'TOTAL',
        // Only reading has pages.
        ...(limit && /^select\b/i.test(statement.Statement) ? { Limit: limit } : {}),
      }),
      { abortSignal: signal },
    );
    return {
      items: answer.Items ?? [],
      scanned: 0,
      capacity: answer.ConsumedCapacity?.CapacityUnits ?? 0,
      next: answer.NextToken,
    };
  };
}

const total = (all: ConsumedCapacity[] = []): number => all.reduce((sum, { CapacityUnits }) => sum + (CapacityUnits ?? 0), 0);

const succeeded = (statement: Bound, item: Item | undefined): StatementOutcome => ({
  statement: statement.Statement,
  preview: item ? preview({ M: item }) : '',
  error: null,
});

export async function executeBatch(dynamodb: DynamoDBClient, statements: Bound[]): Promise<Outcome> {
  const answer = await dynamodb.send(
    new BatchExecuteStatementCommand({ Statements: statements, ReturnConsumedCapacity: 'TOTAL' }),
  );
  const outcomes = statements.map((statement, n): StatementOutcome => {
    const one = answer.Responses?.[n];
    const done = succeeded(statement, one?.Item);
    return one?.Error ? { ...done, error: { code: one.Error.Code ?? 'Error', message: one.Error.Message ?? '' } } : done;
  });
  return { kind: 'many', outcomes, capacity: total(answer.ConsumedCapacity) };
}

export async function executeTransaction(dynamodb: DynamoDBClient, statements: Bound[]): Promise<Outcome> {
  try {
    const answer = await dynamodb.send(
      new ExecuteTransactionCommand({ TransactStatements: statements, ReturnConsumedCapacity: 'TOTAL' }),
    );
    const items: (ItemResponse | undefined)[] = answer.Responses ?? [];
    return {
      kind: 'many',
      outcomes: statements.map((statement, n) => succeeded(statement, items[n]?.Item)),
      capacity: total(answer.ConsumedCapacity),
    };
  } catch (error) {
    if (!(error instanceof TransactionCanceledException) || !error.CancellationReasons) throw error;
    const reasons = error.CancellationReasons;
    return {
      kind: 'many',
      outcomes: statements.map((statement, n) => ({
        ...succeeded(statement, undefined),
        error:
          reasons[n]?.Code && reasons[n].Code !== 'None'
            ? { code: reasons[n].Code, message: reasons[n].Message ?? '' }
            : { code: 'Not done', message: 'Another statement of the transaction failed' },
      })),
      capacity: null,
    };
  }
}
