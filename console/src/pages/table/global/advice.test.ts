// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { deletionAdvice, RefusedWithAdvice } from './advice';

it('says what follows from the 24-hour rule', () => {
  const refusal = new Error(
    'Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last 24 hours.',
  );
  refusal.name = 'ValidationException';
  const advice = deletionAdvice(refusal, 'us-east-1');
  expect(advice).toMatch(/filled from us-east-1 less than 24 hours ago/);
  const told = new RefusedWithAdvice(refusal, advice!);
  expect(told.name).toBe('ValidationException');
  expect(told.message.startsWith(refusal.message)).toBe(true);
});

it('has nothing to add to what it does not know', () => {
  expect(deletionAdvice(new Error('The disk is full.'), 'us-east-1')).toBeNull();
  expect(deletionAdvice('odd', 'us-east-1')).toBeNull();
});
