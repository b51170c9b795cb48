// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { doneTo, whereOf } from './conflicts';

describe('the sides of a conflict', () => {
  it('are said with the Region that accepted them', () => {
    expect(whereOf({ region: 'eu-west-1', replica: 2 })).toBe('eu-west-1');
  });
  it('are said with a number when that replica was removed', () => {
    expect(whereOf({ region: null, replica: 2 })).toBe('a removed replica (number 2)');
  });
  it('tell a delete from a write', () => {
    expect([doneTo({ item: null }), doneTo({ item: { pk: { S: 'a' } } })]).toEqual(['Deleted', 'Written']);
  });
});
