// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { linkPairs, linkState } from './connection';
import { aStatus } from './testing/status';

const status = aStatus({ hosted: ['us', 'eu'], links: [['us', 'eu'], ['us', 'ap']] });

it('says the worse of what the two ends say', () => {
  expect(linkState(status, 'us', 'eu')).toBe('up');
  status.links.find(({ region }) => region === 'eu')!.up = false;
  expect(linkState(status, 'us', 'eu')).toBe('down');
  status.links.find(({ region }) => region === 'us')!.state = 'cut';
  expect(linkState(status, 'eu', 'us')).toBe('cut');
});

it('knows no link where none is listed', () => {
  expect(linkState(status, 'eu', 'ap')).toBe('none');
  expect(linkState(undefined, 'us', 'eu')).toBe('none');
});

it('lists each link once', () => {
  expect(linkPairs(status)).toEqual([['us', 'eu'], ['us', 'ap']]);
});
