// Items through every shape that the editor gives them, and back: nothing may be lost.
//
// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { attributeIn, keyOf, preview, sameValue, typeOf, type Item } from './attribute';
import { fromBase64, toBase64 } from './base64';
import { changesBetween, conflictsOf, rebase, updateOf } from './changes';
import { canonical, jsonNumber, numberProblem, sameNumber } from './decimal';
import { parseItem, printItem } from './dynamodb-json';
import { changeField, fromFields, newField, retype, toFields } from './form';
import { JsonNumber, parseJson, printJson } from './json';
import { beyondPlain, parsePlain, printPlain } from './plain-json';

const DIGITS = '12345678901234567890123456789012345678';

const EVERYTHING: Item = {
  id: { S: 'a "quoted" line\nand another\u2028 \ud83d\ude00' },
  empty: { S: '' },
  exact: { N: `-0.${DIGITS}` },
  big: { N: '1E+125' },
  bytes: { B: new Uint8Array([0, 255, 128, 10]) },
  nothing: { B: new Uint8Array() },
  yes: { BOOL: true },
  no: { BOOL: false },
  nil: { NULL: true },
  names: { SS: ['b', 'a'] },
  sizes: { NS: [DIGITS, '2.5'] },
  blobs: { BS: [new Uint8Array([1]), new Uint8Array([2, 3])] },
  list: { L: [{ S: 'x' }, { N: '1' }, { L: [] }, { M: {} }, { NULL: true }] },
  'dotted.name #1': { M: { inner: { M: { deep: { NS: ['1'] } } }, constructor: { S: 'own' } } },
};

const PLAIN: Item = Object.fromEntries(
  Object.entries(EVERYTHING).filter(([name]) => ['id', 'empty', 'exact', 'yes', 'no', 'nil', 'list'].includes(name)),
);

describe('names that every object has', () => {
  it('are attributes only of items that have them', () => {
    expect(attributeIn({ id: { S: '1' } }, 'constructor')).toBeUndefined();
    expect(attributeIn({ constructor: { S: 'own' } }, 'constructor')).toEqual({ S: 'own' });
    expect(keyOf({ id: { S: '1' } }, [{ name: 'toString', type: 'S', role: 'partition' }])).toBeNull();
    expect(changesBetween({}, { valueOf: { N: '1' } } as Item)).toEqual([{ name: 'valueOf', from: undefined, to: { N: '1' } }]);
  });
});

describe('decimal', () => {
  it('keeps what a JavaScript number would round', () => {
    expect(canonical(DIGITS)).toBe(DIGITS);
    expect(sameNumber(DIGITS, DIGITS.replace(/8$/, '9'))).toBe(false);
  });
  it('knows one number by many spellings', () => {
    for (const [a, b] of [['1', '1.0'], ['+5', '5'], ['.5', '0.50'], ['1e3', '1000'], ['-0', '0'], ['12E-1', '1.2'], ['1.2e1', '12']] as const)
      expect(sameNumber(a, b), `${a} ${b}`).toBe(true);
    expect(sameNumber('1', '-1')).toBe(false);
    expect(sameNumber('10', '1')).toBe(false);
  });
  it('refuses what the database refuses', () => {
    for (const text of ['', ' 1', '1 ', 'x', '.', '1e', '--1', '0x1', 'NaN', 'Infinity', `${DIGITS}9`, '1e126', '1e-131'])
      expect(numberProblem(text), text).not.toBeNull();
    for (const text of ['0', '-1', '.5', '5.', '+1', DIGITS, '9.99e125', '1e-130', `${DIGITS}000`, '0e999', '000001'])
      expect(numberProblem(text), text).toBeNull();
  });
  it('writes what JSON can read', () => {
    for (const text of ['+1', '.5', '5.', '-.5e3', '007', '1E+125', '1e-130'])
      expect(sameNumber((parseJson(jsonNumber(text)) as JsonNumber).text, text), text).toBe(true);
  });
});

describe('base64', () => {
  it('goes both ways for any bytes, and many of them', () => {
    const bytes = Uint8Array.from({ length: 100_003 }, (_, n) => (n * 7) % 256);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    expect(fromBase64('')).toEqual(new Uint8Array());
  });
  it('refuses other text', () => {
    for (const text of ['a', 'a===', '====', 'a-b_', 'äää=']) expect(fromBase64(text), text).toBeNull();
  });
});

describe('json', () => {
  it('says where the text is wrong', () => {
    expect(() => parseJson('{\n  "a": 1,\n  "b" 2\n}')).toThrow('(line 3, column 7)');
    for (const text of ['', '{', '[1,]', '{"a":1,}', '01', '1.', "'a'", '"\n"', 'tru', '1 2', '{"a":1 "b":2}', '"\\x"'])
      expect(() => parseJson(text), text).toThrow(/line \d+, column \d+/);
  });
  it('refuses a name twice, which JSON.parse drops silently', () => {
    expect(() => parseJson('{"a": 1, "a": 2}')).toThrow('"a" is there twice');
  });
  it('takes names that mean something to JavaScript', () => {
    expect(printJson(parseJson('{"__proto__":{"x":1},"constructor":2}'), 0)).toBe('{"__proto__":{"x":1},"constructor":2}');
  });
  it('does not fall over depth', () => {
    expect(() => parseJson('['.repeat(100_000))).toThrow('Nested too deep');
  });
});

describe('DynamoDB JSON', () => {
  it('says everything, and reads it back', () => {
    expect(parseItem(printItem(EVERYTHING))).toEqual(EVERYTHING);
    expect(parseItem(printItem(EVERYTHING, 0))).toEqual(EVERYTHING);
  });
  it('says what is wrong, and where in the item', () => {
    const wrong: [string, RegExp][] = [
      ['[]', /expected an object/],
      ['{"a": "x"}', /^a: expected an object with one type/],
      ['{"a": {"S": "x", "N": "1"}}', /^a: /],
      ['{"a": {"Q": 1}}', /^a: "Q" is no type/],
      ['{"a": {"toString": 1}}', /is no type/],
      ['{"a": {"N": 1}}', /^a: expected text in quotes/],
      ['{"a": {"N": "1x"}}', /^a: Not a number/],
      ['{"a": {"B": "?"}}', /^a: not base64/],
      ['{"a": {"SS": []}}', /^a: a set has at least one element/],
      ['{"a": {"NULL": false}}', /^a: NULL is always true/],
      ['{"a": {"M": {"b": {"L": [{"S": "x"}, {"BOOL": 1}]}}}}', /^a\.b\[1\]: expected true or false/],
    ];
    for (const [text, message] of wrong) expect(() => parseItem(text), text).toThrow(message);
  });
});

describe('plain JSON', () => {
  it('goes both ways for what it can say, all digits', () => {
    expect(parsePlain(printPlain(PLAIN))).toEqual(PLAIN);
    expect(printPlain({ n: { N: DIGITS } }, 0)).toBe(`{"n":${DIGITS}}`);
  });
  it('names what it cannot say', () => {
    expect(beyondPlain(PLAIN)).toEqual([]);
    expect(beyondPlain(EVERYTHING)).toEqual([
      'bytes (Binary)', 'nothing (Binary)', 'names (String set)', 'sizes (Number set)', 'blobs (Binary set)',
      'dotted.name #1.inner.deep (Number set)',
    ]);
  });
  it('refuses numbers that the database has not', () => {
    expect(() => parsePlain('{"a": {"b": [1e400]}}')).toThrow(/^a\.b\[0\]: Greater than/);
  });
});

describe('form', () => {
  it('becomes the item that it was made from', () => {
    expect(fromFields(toFields(EVERYTHING))).toEqual({ item: EVERYTHING });
  });
  it('puts problems where they belong', () => {
    const twice = [newField('S', 'a'), newField('S', 'a')];
    const number = newField('N', 'n', { text: '1,5' });
    const set = newField('SS', 's');
    const doubled = newField('NS', 'd', { children: [newField('N', '', { text: '1' }), newField('N', '', { text: '1.0' })] });
    const unnamed = newField('BOOL');
    const nested = newField('M', 'm', { children: [newField('B', 'b', { text: '?' })] });
    const made = fromFields([...twice, number, set, doubled, unnamed, nested]);
    const problems = 'problems' in made ? made.problems : new Map<number, never>();
    expect([...problems.keys()].sort()).toEqual(
      [twice[1]!.id, number.id, set.id, doubled.children[1]!.id, unnamed.id, nested.children[0]!.id].sort(),
    );
  });
  it('lets keys be blank while only looking, and not when saving', () => {
    const fields = [newField('S', 'pk'), newField('N', 'sk')];
    expect(fromFields(fields, 2, true)).toEqual({ item: { pk: { S: '' }, sk: { N: '' } } });
    expect(fromFields(fields, 2)).toHaveProperty('problems');
  });
  it('finds again what was typed when the type changes and changes back', () => {
    for (const field of toFields(EVERYTHING))
      for (const other of ['S', 'N', 'B', 'BOOL', 'NULL', 'L', 'M'] as const) {
        const back = retype(retype(field, other), field.type);
        expect(fromFields([back]), `${field.name} ${other}`).toEqual(fromFields([field]));
      }
    expect(fromFields([retype(newField('S', 'a', { text: '7' }), 'NS')])).toEqual({ item: { a: { NS: ['7'] } } });
  });
  it('changes one field and leaves the rest as it is', () => {
    const fields = toFields(EVERYTHING);
    const list = fields.find(({ name }) => name === 'list')!;
    const changed = changeField(fields, list.children[0]!.id, () => null);
    expect(changed.filter((field, n) => field !== fields[n]).map(({ name }) => name)).toEqual(['list']);
    expect(fromFields(changed)).toEqual({ item: { ...EVERYTHING, list: { L: EVERYTHING.list!.L!.slice(1) } } });
  });
});

describe('sameValue', () => {
  it('is what the database calls equal', () => {
    expect(sameValue({ N: '1' }, { N: '1.0' })).toBe(true);
    expect(sameValue({ SS: ['a', 'b'] }, { SS: ['b', 'a'] })).toBe(true);
    expect(sameValue({ L: [{ S: 'a' }, { S: 'b' }] }, { L: [{ S: 'b' }, { S: 'a' }] })).toBe(false);
    expect(sameValue({ M: { a: { N: '1' }, b: { S: '' } } }, { M: { b: { S: '' }, a: { N: '1e0' } } })).toBe(true);
    expect(sameValue({ S: '1' }, { N: '1' })).toBe(false);
    expect(sameValue({ B: new Uint8Array([1]) }, { B: new Uint8Array([1]) })).toBe(true);
    expect(sameValue(undefined, { NULL: true })).toBe(false);
  });
  it('knows every type', () => {
    expect(new Set(Object.values(EVERYTHING).map(typeOf)).size).toBe(10);
  });
});

describe('preview', () => {
  it('reads in a line, and ends', () => {
    expect(preview({ M: { a: { L: [{ N: DIGITS }, { S: 'x' }] } } })).toBe(`{"a": [${DIGITS}, "x"]}`);
    expect(preview({ S: 'x'.repeat(10_000) }, 10)).toBe(`${'x'.repeat(10)}…`);
    expect(preview({ L: Array.from({ length: 100_000 }, () => ({ N: '1' })) }, 10).length).toBeLessThan(20);
  });
});

describe('changes', () => {
  const loaded: Item = { pk: { S: 'k' }, a: { N: '1' }, b: { S: 'b' }, c: { S: 'c' } };
  const mine: Item = { pk: { S: 'k' }, a: { N: '1.0' }, b: { S: 'mine' }, d: { S: 'new' } };
  const changes = changesBetween(loaded, mine);

  it('are those attributes that are another value, gone or new', () => {
    expect(changes.map(({ name }) => name)).toEqual(['b', 'c', 'd']);
  });
  it('are written on condition that each is as it was read', () => {
    expect(updateOf(changes, { pk: { S: 'k' } })).toEqual({
      UpdateExpression: 'SET #n1 = :v0, #n3 = :v3 REMOVE #n2',
      ConditionExpression: 'attribute_exists(#n0) AND #n1 = :v1 AND #n2 = :v2 AND attribute_not_exists(#n3)',
      ExpressionAttributeNames: { '#n0': 'pk', '#n1': 'b', '#n2': 'c', '#n3': 'd' },
      ExpressionAttributeValues: { ':v0': { S: 'mine' }, ':v1': { S: 'b' }, ':v2': { S: 'c' }, ':v3': { S: 'new' } },
    });
  });
  it('conflict only where both changed, to something else', () => {
    const theirs: Item = { ...loaded, a: { N: '9' }, b: { S: 'theirs' }, d: { S: 'new' } };
    expect(conflictsOf(changes, theirs).map(({ name }) => name)).toEqual(['b']);
    expect(rebase(changes, theirs, 'mine')).toEqual({ pk: { S: 'k' }, a: { N: '9' }, b: { S: 'mine' }, d: { S: 'new' } });
    expect(rebase(changes, theirs, 'theirs')).toEqual({ pk: { S: 'k' }, a: { N: '9' }, b: { S: 'theirs' }, d: { S: 'new' } });
  });
  it('see that somebody took out what I changed', () => {
    const { b: _, ...theirs } = loaded;
    expect(conflictsOf(changes, theirs)).toEqual([{ name: 'b', from: { S: 'b' }, to: { S: 'mine' }, theirs: undefined }]);
  });
});
