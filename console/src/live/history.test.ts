// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import type { History, Series } from '../api/admin-types';
import { addCoarse, addSeconds, emptyHour, FINE, follow, labelsOf, perSecond, SERIES_MAX, spanOf, valuesOf, wholeOf, type Hour } from './history';

/** A server that has run for `age` seconds since `started`, and did n requests in its second n. */
function server(age: number, started = 1_000_000, value = (n: number): number | null => n) {
  return {
    age,
    asked: [] as { after?: number; step?: number }[],
    async ask(this: { age: number; asked: { after?: number; step?: number }[] }, body: { after?: number; step?: number }): Promise<History> {
      this.asked.push(body);
      const step = body.step ?? 1;
      const oldest = Math.max(0, this.age - 3_600);
      const after = (body.after ?? 0) < oldest || (body.after ?? 0) > this.age ? oldest : body.after!;
      const next = Math.floor(this.age / step) * step;
      const first = Math.min(next, Math.ceil(after / step) * step);
      const requests: Series = [];
      for (let at = first; at < next; at += step) {
        const seconds = Array.from({ length: step }, (_, i) => value(at + i)).filter((one) => one !== null);
        requests.push(seconds.length ? seconds.reduce((sum, one) => sum + one, 0) : null);
      }
      return answer(first, step, { requests, latency_us_p99: requests.map((one) => one && 7) }, started);
    },
  };
}

function answer(first: number, step: number, columns: Record<string, Series>, started = 1_000_000, region = 'a'): History {
  const count = Math.max(...Object.values(columns).map((series) => series.length));
  const empty: Series = new Array(count).fill(null) as null[];
  return {
    first, step, next: first + count * step, from_ms: started + first * 1_000,
    operations: [{
      region, operation: 'GetItem', requests: empty, user_errors: empty, system_errors: empty, throttled: empty,
      latency_us_p50: empty, latency_us_p99: empty, ...columns,
    }],
    feeds: [], links: [], tables: [],
  };
}

const requests = (hour: Hour, range: '5m' | '15m' | '1h') => valuesOf(hour, spanOf(hour, range), 'operations', 'requests', () => true);
const asker = (one: ReturnType<typeof server>) => (body: { after?: number; step?: number }) => one.ask(body);

describe('the hour', () => {
  it('shows each second once, as the server counted it', async () => {
    const one = server(5_000);
    const hour = await follow(undefined, asker(one));
    expect(requests(hour, '5m')).toEqual(Array.from({ length: 300 }, (_, i) => 4_700 + i));
    const coarse = requests(hour, '1h');
    expect(coarse).toHaveLength(360);
    expect(coarse.at(-1)).toBe(49_945); // 4990 + ... + 4999
    expect(coarse[0]).toBe(14_045); // 1400 + ... + 1409
  });

  it('asks only for what is new, and folds it into tens of seconds', async () => {
    const one = server(5_003);
    let hour = await follow(undefined, asker(one));
    one.asked = [];
    for (one.age = 5_004; one.age <= 5_040; one.age++) hour = await follow(hour, asker(one));
    expect(one.asked).toHaveLength(37);
    expect(one.asked[0]).toEqual({ after: 5_003 });
    expect(one.asked.at(-1)).toEqual({ after: 5_039 });
    const fresh = await follow(undefined, asker({ ...one, age: 5_040 }));
    for (const range of ['5m', '15m', '1h'] as const) expect(requests(hour, range)).toEqual(requests(fresh, range));
  });

  it('holds an hour, however long it runs', async () => {
    const one = server(20);
    let hour = await follow(undefined, asker(one));
    for (one.age = 30; one.age <= 9_000; one.age += 30) hour = await follow(hour, asker(one));
    const coarse = requests(hour, '1h');
    expect(coarse[0]).toBe(54_045);
    expect(coarse.at(-1)).toBe(89_945);
    expect(requests(hour, '15m')[0]).toBe(8_100 * 5 + 10);
  });

  it('has a gap where the server has none, not a nought', async () => {
    const one = server(400, 1_000_000, (n) => (n >= 350 && n < 360 ? null : 1));
    const hour = await follow(undefined, asker(one));
    const seconds = requests(hour, '5m');
    expect(seconds.slice(248, 262)).toEqual([1, 1, null, null, null, null, null, null, null, null, null, null, 1, 1]);
    expect(requests(hour, '1h').slice(-6)).toEqual([10, null, 10, 10, 10, 10]);
    expect(requests(hour, '1h')[0]).toBeNull(); // before its start
  });

  it('goes on over a restart: what was stays, the time away is a gap', async () => {
    let hour = await follow(undefined, asker(server(600, 1_000_000, () => 1)));
    // Sample 0 of the new life is 20 s after the last of the old one.
    hour = await follow(hour, asker(server(30, 1_000_000 + 620_000, () => 2)));
    const seconds = requests(hour, '5m');
    expect(seconds.slice(-31)).toEqual([null, ...new Array<number>(30).fill(2)]);
    expect(seconds.slice(-51, -49)).toEqual([1, null]);
    expect(requests(hour, '1h').slice(-6)).toEqual([10, null, null, 20, 20, 20]);
  });

  it('notices a restart even when the new life is the longer one', async () => {
    let hour = await follow(undefined, asker(server(50, 1_000_000, () => 1)));
    hour = await follow(hour, asker(server(300, 1_000_000 + 60_000, () => 2)));
    expect(requests(hour, '5m').filter((value) => value === 2)).toHaveLength(300);
    expect(requests(hour, '15m').filter((value) => value === 5)).toHaveLength(10);
  });

  it('begins anew after a long sleep, and when clocks went back', async () => {
    let hour = await follow(undefined, asker(server(100)));
    hour = await follow(hour, asker(server(9_000)));
    expect(requests(hour, '5m').at(-1)).toBe(8_999);
    hour = await follow(hour, asker(server(40, 5_000)));
    expect(requests(hour, '5m').filter((value) => value !== null)).toHaveLength(40);
  });

  it('follows an answer that comes in parts', async () => {
    const one = server(2_000, 1_000_000, () => 1);
    const parts = async (body: { after?: number; step?: number }) => {
      const whole = await one.ask(body);
      const keep = 100;
      if ((whole.next - whole.first) / whole.step <= keep) return whole;
      const cut = answer(whole.first, whole.step, { requests: whole.operations[0]!.requests.slice(0, keep) });
      return { ...cut, more: true };
    };
    const hour = await follow(undefined, parts);
    expect(wholeOf(hour, '1h', 'operations', 'requests', () => true)).toBe(2_000);
    expect(requests(hour, '15m').every((value) => value === 5)).toBe(true);
  });

  it('forgets a series that has had no value for an hour', () => {
    const hour = emptyHour();
    addCoarse(hour, answer(0, 10, { requests: [1] }));
    for (let first = 0; first < 4_000; first += 500) addSeconds(hour, answer(first, 1, { requests: new Array<number>(500).fill(1) }, 1_000_000, 'b'));
    expect(labelsOf(hour, 'operations')).toEqual([{ region: 'b', operation: 'GetItem' }]);
  });

  it('bounds how many series it holds, and says how many it left out', () => {
    const hour = emptyHour();
    const many = answer(0, 1, { requests: [1] });
    const row = many.operations[0]!;
    many.operations = Array.from({ length: SERIES_MAX + 3 }, (_, i) => ({ ...row, region: `r${i}` }));
    addCoarse(hour, answer(0, 10, { requests: [] }, 1_000_000, 'r0'));
    addSeconds(hour, many);
    expect(labelsOf(hour, 'operations')).toHaveLength(SERIES_MAX);
    expect(hour.leftOut).toBe(3);
  });
});

describe('numbers of several series', () => {
  function two(column: string, values: [number | null, number | null]): Hour {
    const hour = emptyHour();
    addCoarse(hour, answer(0, 10, { requests: [] }));
    const both = answer(0, 1, { [column]: [values[0]] }, 1_000_000, 'a');
    both.operations.push(...answer(0, 1, { [column]: [values[1]] }, 1_000_000, 'b').operations);
    addSeconds(hour, both);
    return hour;
  }
  it('adds counts, and takes the worst latency', () => {
    expect(requests(two('requests', [2, 3]), '5m').at(-1)).toBe(5);
    const worst = two('latency_us_p99', [2, 3]);
    expect(valuesOf(worst, spanOf(worst, '5m'), 'operations', 'latency_us_p99', () => true).at(-1)).toBe(3);
    expect(valuesOf(worst, spanOf(worst, '5m'), 'operations', 'latency_us_p99', ({ region }) => region === 'a').at(-1)).toBe(2);
  });
  it('does not let one that has no value hide another', () => {
    expect(requests(two('requests', [null, 3]), '5m').at(-1)).toBe(3);
  });
  it('makes rates of counts', () => {
    expect(perSecond([50, null, 0], 5)).toEqual([10, null, 0]);
  });
});

it('keeps more seconds than the longest range of seconds shows', () => {
  expect(FINE).toBeGreaterThan(905);
});
