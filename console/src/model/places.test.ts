// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { placesOf } from './places';
import { aStatus } from './testing/status';

it('knows hosted Regions and those at the other end of a link, each once', () => {
  const status = aStatus({ hosted: ['us-east-1'], links: [['us-east-1', 'eu-west-1']] });
  expect(placesOf(status).map(({ region, hosted }) => [region, hosted])).toEqual([
    ['us-east-1', true],
    ['eu-west-1', false],
  ]);
  status.places = [{ region: 'eu-west-1', hosted: false, latitude: 53.3, longitude: -6.2, place: 'Ireland' }];
  expect(placesOf(status).map(({ place }) => place)).toEqual(['Ireland', null]);
});

it('knows none before the server has answered', () => {
  expect(placesOf(undefined)).toEqual([]);
});
