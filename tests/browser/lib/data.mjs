// Tables to look at, made by the SDK: what a test is not about need not be clicked together.
//
// SPDX-License-Identifier: Apache-2.0
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  PutItemCommand,
  QueryCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';

import { until } from './server.mjs';

const STATES = ['Lisbon', 'Bergen', 'Nairobi', 'Osaka', 'Quito'];

export function describe(server, table, region) {
  return server.dynamodb(region).send(new DescribeTableCommand({ TableName: table })).then(
    ({ Table }) => Table,
    (error) => {
      if (error.name === 'ResourceNotFoundException') return null;
      throw error;
    },
  );
}

export async function untilActive(server, table, region) {
  return until(`${table} to be ACTIVE in ${region ?? server.regions[0]}`, async () => {
    const described = await describe(server, table, region);
    const settled =
      described?.TableStatus === 'ACTIVE' && (described.Replicas ?? []).every(({ ReplicaStatus }) => ReplicaStatus === 'ACTIVE');
    return settled && described;
  });
}

/** An on-demand table with the string keys Artist and Song; `more`: other members of CreateTable. */
export async function createTable(server, table, more = {}, region) {
  await server.dynamodb(region).send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'Artist', AttributeType: 'S' },
        { AttributeName: 'Song', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'Artist', KeyType: 'HASH' },
        { AttributeName: 'Song', KeyType: 'RANGE' },
      ],
      ...more,
    }),
  );
  await untilActive(server, table, region);
}

export const song = (n) => ({
  Artist: { S: `Artist ${String(n % 20).padStart(2, '0')}` },
  Song: { S: `Song ${String(n).padStart(6, '0')}` },
  Year: { N: String(1960 + (n % 60)) },
  City: { S: STATES[n % STATES.length] },
});

export async function putSongs(server, table, count) {
  const batches = [];
  for (let first = 0; first < count; first += 25)
    batches.push(Array.from({ length: Math.min(25, count - first) }, (_, i) => ({ PutRequest: { Item: song(first + i) } })));
  const worker = async () => {
    for (let batch = batches.pop(); batch; batch = batches.pop())
      await server.dynamodb().send(new BatchWriteItemCommand({ RequestItems: { [table]: batch } }));
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

export async function createReplica(server, table, region) {
  await server.dynamodb().send(new UpdateTableCommand({ TableName: table, ReplicaUpdates: [{ Create: { RegionName: region } }] }));
  await untilActive(server, table);
  await untilActive(server, table, region);
}

/** The global table Music, in all Regions, with 200 items. */
export async function musicEverywhere(server) {
  await createTable(server, 'Music', {
    AttributeDefinitions: ['Artist', 'Song', 'City'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
    GlobalSecondaryIndexes: [
      { IndexName: 'ByCity', KeySchema: [{ AttributeName: 'City', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
    ],
    Tags: [{ Key: 'team', Value: 'catalogue' }],
  });
  await putSongs(server, 'Music', 200);
  for (const region of server.regions.slice(1)) await createReplica(server, 'Music', region);
}

/** Reads and writes in every Region, each its own items, until what it gives is called: there is something to see. */
export function traffic(server, table) {
  const A_SECOND = 20;
  let stopped = false;
  const worker = async (region, at, { length }) => {
    const dynamodb = server.dynamodb(region);
    for (let n = 0; !stopped; n++) {
      const Item = { ...song((n * length + at) % 200), Plays: { N: String(n) } };
      await dynamodb.send(new PutItemCommand({ TableName: table, Item }));
      await dynamodb.send(
        new QueryCommand({ TableName: table, KeyConditionExpression: 'Artist = :artist', ExpressionAttributeValues: { ':artist': Item.Artist } }),
      );
      await new Promise((next) => setTimeout(next, 1000 / A_SECOND));
    }
  };
  const all = Promise.all(server.regions.map(worker));
  return async () => {
    stopped = true;
    await all;
  };
}
