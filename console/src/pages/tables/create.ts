// Making a table takes up to three steps: the call, waiting until the table can be used, and turning
// on its time to live, which CreateTable cannot. The steps go on when the page that began them is
// left; how they end is said at the top of whatever page is open then.
//
// SPDX-License-Identifier: Apache-2.0
import {
  CreateTableCommand,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';

export type Step = 'create' | 'wait' | 'time-to-live';

/** Seconds; a new table is there at once unless the server is in trouble. */
const WAIT = { maxWaitTime: 300, minDelay: 1, maxDelay: 2 };

/** The step that failed, with its reason. The table is there unless the step is `create`. */
export class StepError extends Error {
  constructor(
    readonly step: Step,
    readonly reason: unknown,
  ) {
    super(`the step ${step} failed`);
  }
}

export async function createTable(
  dynamodb: DynamoDBClient,
  input: CreateTableCommandInput,
  timeToLive: string | null,
  onStep: (step: Step) => void,
  from: Step = 'create',
): Promise<void> {
  const TableName = input.TableName;
  const steps: [Step, () => Promise<unknown>][] = [
    ['create', () => dynamodb.send(new CreateTableCommand(input))],
    ...(timeToLive === null
      ? []
      : ([
          ['wait', () => waitUntilTableExists({ client: dynamodb, ...WAIT }, { TableName })],
          [
            'time-to-live',
            () => dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: timeToLive } })),
          ],
        ] satisfies [Step, () => Promise<unknown>][])),
  ];
  for (const [step, run] of steps.slice(Math.max(0, steps.findIndex(([name]) => name === from)))) {
    onStep(step);
    try {
      await run();
    } catch (reason) {
      throw new StepError(step, reason);
    }
  }
}
