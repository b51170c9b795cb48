// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { advised, withAdvice } from './advice';

function refusal(message: string): Error {
  const error = new Error(message);
  error.name = 'ValidationException';
  return error;
}

it('says what follows from the 24-hour rule, after the API has spoken', () => {
  const said = 'Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.';
  const told = advised(refusal(said), 'us-east-1') as Error;
  expect(told.name).toBe('ValidationException');
  expect(told.message.startsWith(said)).toBe(true);
  expect(told.message).toMatch(/filled from us-east-1 less than 24 hours ago/);
});

it('says of wrong keys which half is wrong', () => {
  const told = (message: string) => (advised(refusal(message), '') as Error).message;
  expect(told('The security token included in the request is invalid.')).toMatch(/no access key of that name/);
  expect(told('The request signature we calculated does not match the signature you provided.')).toMatch(/the secret is not the one/);
});

it('has nothing to add to what it does not know', () => {
  const error = refusal('The disk is full.');
  expect(advised(error, 'us-east-1')).toBe(error);
  expect(advised('odd', 'us-east-1')).toBe('odd');
});

it('lets what succeeds through', async () => {
  await expect(withAdvice('us-east-1', async () => 7)).resolves.toBe(7);
  const call = async () => {
    throw refusal('Disabling Stream is not allowed for a Global Table replica.');
  };
  await expect(withAdvice('us-east-1', call)).rejects.toThrow(/carries replication/);
});
