// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { bind, examplesOf, isSelect, statementsOf } from './statements';

describe('statements', () => {
  it('end at semicolons outside of quotes', () => {
    expect(statementsOf(`SELECT * FROM "a;b" WHERE x = 'it''s; ?' ; ;\n DELETE FROM t WHERE k = ? AND y = '?'\n;`)).toEqual([
      { text: `SELECT * FROM "a;b" WHERE x = 'it''s; ?'`, parameters: 0 },
      { text: `DELETE FROM t WHERE k = ? AND y = '?'`, parameters: 1 },
    ]);
    expect(statementsOf(' ;\n; ')).toEqual([]);
  });
  it('leave an open quote to the server', () => {
    expect(statementsOf(`SELECT * FROM t WHERE a = 'x; ?`)).toEqual([{ text: `SELECT * FROM t WHERE a = 'x; ?`, parameters: 0 }]);
  });
  it('get their values in order', () => {
    const made = bind(statementsOf('a ? ?; b; c ?'), [{ S: '1' }, { S: '2' }, { S: '3' }]);
    expect(made).toEqual([
      { Statement: 'a ? ?', Parameters: [{ S: '1' }, { S: '2' }] },
      { Statement: 'b' },
      { Statement: 'c ?', Parameters: [{ S: '3' }] },
    ]);
  });
  it('begin as examples with names quoted', () => {
    const examples = examplesOf('a-b', [
      { name: 'it"s', type: 'S', role: 'partition' },
      { name: "o'k", type: 'N', role: 'sort' },
    ]).map(({ statement }) => statement);
    expect(examples[1]).toBe(`SELECT * FROM "a-b" WHERE "it""s" = 'value'`);
    expect(examples[2]).toBe(`INSERT INTO "a-b" VALUE {'it"s': 'value', 'o''k': 1, 'attribute': 'text'}`);
    expect(examples.map((text) => isSelect({ text, parameters: 0 }))).toEqual([true, true, false, false, false]);
    for (const text of examples) expect(statementsOf(text)).toEqual([{ text, parameters: 0 }]);
  });
});
