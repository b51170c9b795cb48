// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { parseJson } from '../item/json';
import { csvCell, FORMATS, type Format } from './formats';

function file(format: Format, first: string[], ...pieces: Parameters<ReturnType<(typeof FORMATS)['csv']['writer']>['add']>[0][]): string {
  const writer = FORMATS[format].writer(first);
  pieces.forEach((items) => writer.add(items));
  return writer.finish().join('');
}

describe('CSV', () => {
  it('quotes what would end a cell', () => {
    expect(csvCell({ S: 'a,b' })).toBe('"a,b"');
    expect(csvCell({ S: 'say "x"\nand y' })).toBe('"say ""x""\nand y"');
    expect(csvCell({ SS: ['a'] })).toBe('"{""SS"":[""a""]}"');
  });
  it('lets no text become a formula, and leaves numbers alone', () => {
    for (const text of ['=1+1', '+1', '-1', '@x', '\tx', '＝1']) expect(csvCell({ S: text })).toBe(`'${text}`);
    expect(csvCell({ S: '=A1,B1' })).toBe(`"'=A1,B1"`);
    expect(csvCell({ B: new Uint8Array([251, 239]) })).toBe("'++8=");
    expect(csvCell({ N: '-12345678901234567890' })).toBe('-12345678901234567890');
  });
  it('gives every row as many cells as there are columns', () => {
    const text = file('csv', ['id'], [{ id: { S: '1' } }], [{ id: { S: '2' }, '=x': { BOOL: true } }], [{ id: { S: '3' } }]);
    expect(text).toBe("id,'=x\r\n1,\r\n2,true\r\n3,\r\n");
  });
});

describe('JSON', () => {
  it('is one list, however it came in', () => {
    const text = file('json', [], [{ n: { N: '12345678901234567890.5' } }], [], [{ s: { SS: ['a'] } }, { b: { B: new Uint8Array([1]) } }]);
    expect(text).toContain('{"n":12345678901234567890.5}');
    expect(parseJson(text)).toHaveLength(3);
    expect(parseJson(file('json', []))).toEqual([]);
    expect(file('dynamodb', [], [{ s: { SS: ['a'] } }])).toBe('[\n{"s":{"SS":["a"]}}\n]\n');
  });
});
