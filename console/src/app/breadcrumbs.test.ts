// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';

import { breadcrumbs, documentTitle } from './breadcrumbs';

const texts = (path: string) => breadcrumbs(path).map(({ text }) => text);

it('leads from the dashboard to the page', () => {
  expect(texts('/eu-west-1/dashboard')).toEqual(['Tropic']);
  expect(texts('/eu-west-1/tables/create')).toEqual(['Tropic', 'Tables', 'Create table']);
  expect(texts('/eu-west-1/table/Orders/indexes')).toEqual(['Tropic', 'Tables', 'Orders']);
  expect(texts('/eu-west-1/table/Orders/create-replica')).toEqual(['Tropic', 'Tables', 'Orders', 'Create replica']);
  expect(texts('/eu-west-1/explore/Orders/item')).toEqual(['Tropic', 'Explore items', 'Orders', 'Item']);
});

it('keeps every step in the Region of the page', () => {
  for (const { path } of breadcrumbs('/eu-west-1/explore/Orders/item')) expect(path.startsWith('/eu-west-1/')).toBe(true);
});

it('names the tab of the browser, the nearest first', () => {
  expect(documentTitle('/eu-west-1/dashboard')).toBe('Dashboard (eu-west-1): Tropic');
  expect(documentTitle('/eu-west-1/table/Orders/create-replica')).toBe('Create replica, Orders, Tables (eu-west-1): Tropic');
});
