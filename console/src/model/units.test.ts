// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { bytes, count, counted, duration, microseconds, milliseconds, NONE, percent, rate, utcTime } from './units';

describe('units', () => {
  it('puts separators into counts, and words behind them', () => {
    expect(count(1234567)).toBe('1,234,567');
    expect(counted(1, 'item')).toBe('1 item');
    expect(counted(0, 'item')).toBe('0 items');
    expect(counted(2, 'index', 'indexes')).toBe('2 indexes');
  });
  it('picks the unit that keeps three digits', () => {
    expect(bytes(1023)).toBe('1,023 bytes');
    expect(bytes(1024)).toBe('1 KB');
    expect(bytes(5 * 1024 ** 3)).toBe('5 GB');
    expect(microseconds(1500)).toBe('1.5 ms');
    expect(milliseconds(2500)).toBe('2.5 s');
    expect(rate(12.34)).toBe('12.3/s');
    expect(rate(45_678)).toBe('45.7 k/s');
    expect(percent(0.05)).toBe('5 %');
  });
  it('says the two greatest parts of a duration', () => {
    expect(duration(0)).toBe('0 s');
    expect(duration(65_000)).toBe('1 min 5 s');
    expect(duration(90_061_000)).toBe('1 d 1 h');
    expect(duration(-3_600_000)).toBe('−1 h');
  });
  it('shows what is not known as such', () => {
    for (const format of [count, bytes, rate, microseconds, milliseconds, percent, duration]) {
      expect(format(null)).toBe(NONE);
      expect(format(undefined)).toBe(NONE);
      expect(format(NaN)).toBe(NONE);
    }
  });
  it('says UTC when it is', () => {
    expect(utcTime(new Date(0))).toBe('1970-01-01 00:00:00 UTC');
  });
});
