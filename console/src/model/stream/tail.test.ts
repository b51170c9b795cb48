// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';

import { iteratorRequest, readable, tailFrom, withAnswer, withIterator, withRefusal, withShards, type Tail } from './tail';

const open = (id: string, parent?: string) => ({ ShardId: id, ParentShardId: parent, SequenceNumberRange: { StartingSequenceNumber: '1' } });
const closed = (id: string, parent?: string) => ({ ...open(id, parent), SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '9' } });
const now = (tail: Tail) => readable(tail).map(({ shard }) => shard);
const request = (tail: Tail, shard: string) => iteratorRequest('arn', tail.cursors!.get(shard)!);

describe('from LATEST', () => {
  const tail = withShards(tailFrom('LATEST'), [closed('a'), open('b', 'a'), open('c')]);
  it('reads what is open, from now', () => {
    expect(now(tail)).toEqual(['b', 'c']);
    expect(request(tail, 'b')).toEqual({ StreamArn: 'arn', ShardId: 'b', ShardIteratorType: 'LATEST' });
  });
  it('reads a child that appears from its beginning, once the parent has ended', () => {
    const grown = withShards(tail, [closed('a'), closed('b', 'a'), open('c'), open('d', 'b')]);
    expect(now(grown)).toEqual(['b', 'c']);
    const ended = withAnswer(grown, 'b', '9', undefined);
    expect(now(ended)).toEqual(['c', 'd']);
    expect(request(ended, 'd').ShardIteratorType).toBe('TRIM_HORIZON');
  });
});

describe('from TRIM_HORIZON', () => {
  it('reads parents before children, whatever order they are listed in', () => {
    const tail = withShards(tailFrom('TRIM_HORIZON'), [open('b', 'a'), closed('a'), open('x', 'gone')]);
    expect(now(tail)).toEqual(['a', 'x']);
    expect(now(withAnswer(tail, 'a', undefined, undefined))).toEqual(['b', 'x']);
  });
  it('goes on with the children when a parent is listed no more', () => {
    const tail = withShards(tailFrom('TRIM_HORIZON'), [closed('a'), open('b', 'a')]);
    expect(now(withShards(tail, [open('b', 'a')]))).toEqual(['b']);
  });
});

describe('an iterator', () => {
  const start = withShards(tailFrom('LATEST'), [open('a')]);
  it('that has expired is asked for again behind the last record', () => {
    const read = withAnswer(withIterator(start, 'a', 'i1'), 'a', '42', 'i2');
    expect(read.cursors!.get('a')!.iterator).toBe('i2');
    const again = withRefusal(read, 'a', 'ExpiredIteratorException')!;
    expect(again.cursors!.get('a')!.iterator).toBeUndefined();
    expect(request(again, 'a')).toMatchObject({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '42' });
  });
  it('into what was trimmed goes on with the oldest that is there', () => {
    const trimmed = withRefusal(withAnswer(start, 'a', '42', 'i2'), 'a', 'TrimmedDataAccessException')!;
    expect(request(trimmed, 'a').ShardIteratorType).toBe('TRIM_HORIZON');
  });
  it('of a shard that is gone is the end of it', () => {
    expect(now(withRefusal(start, 'a', 'ResourceNotFoundException')!)).toEqual([]);
  });
  it('that is refused for another reason stays where it was', () => {
    expect(withRefusal(start, 'a', 'InternalServerError')).toBeNull();
  });
  it('keeps its place when shards are listed again', () => {
    const read = withAnswer(start, 'a', '42', 'i2');
    expect(withShards(read, [open('a')]).cursors!.get('a')).toEqual(read.cursors!.get('a'));
  });
});
