// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { attributeProblem, nameProblem, note, shown, unitsProblem, wholeNumber, type Problems } from './problems';

describe('names of tables and indexes', () => {
  it('have 3 to 255 characters of the allowed ones', () => {
    for (const name of ['abc', 'A.b-c_9', 'x'.repeat(255)]) expect(nameProblem(name, 'table')).toBeNull();
    for (const name of ['ab', 'x'.repeat(256), 'a b c', 'naïve', 'a/b']) expect(nameProblem(name, 'table')).toMatchObject({ missing: false });
  });
  it('tell which character is wrong', () => {
    expect(nameProblem('a b', 'table')?.text).toMatch(/^A space is not allowed/);
    expect(nameProblem('naïve', 'index')?.text).toMatch(/^The character ï is not allowed/);
  });
});

it('counts bytes of attribute names, not characters', () => {
  expect(attributeProblem('ä'.repeat(127), 'key')).toBeNull();
  expect(attributeProblem('ä'.repeat(128), 'key')?.text).toContain('256');
});

describe('units', () => {
  it('are whole numbers, with separators or without', () => {
    expect(wholeNumber('1,000')).toBe(1000);
    expect(wholeNumber('12 000')).toBe(12000);
    for (const text of ['', '1.5', '-1', 'ten', '1e3']) expect(wholeNumber(text)).toBeNaN();
  });
  it('have bounds, and may be left out where that means something', () => {
    expect(unitsProblem('', true)).toBeNull();
    expect(unitsProblem('', false)).toMatchObject({ missing: true });
    expect(unitsProblem('0', true)?.text).toBe('Enter at least 1.');
    expect(unitsProblem('11,999', true, 12_000)?.text).toBe('Enter at least 12,000.');
    expect(unitsProblem('1000000000001', false)?.text).toBe('Enter at most 1,000,000,000,000.');
  });
});

it('says what is missing only when somebody tried to go on', () => {
  const problems: Problems = {};
  note(problems, 'name', nameProblem('', 'table'));
  note(problems, 'other', nameProblem('!', 'table'));
  expect(shown(problems, false)('name')).toBeUndefined();
  expect(shown(problems, false)('other')).toBeDefined();
  expect(shown(problems, true)('name')).toBe('Give the table a name.');
});
