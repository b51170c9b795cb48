// The address of an item: its key in DynamoDB JSON, so that it is exact for every type of key.
//
// SPDX-License-Identifier: Apache-2.0
import { to } from '../../app/routes';
import { keyOf, type Item } from '../item/attribute';
import { parseItem, printItem } from '../item/dynamodb-json';
import type { KeyPart } from '../tables';

const KEY = 'key';
const COPY = 'copy';

export function itemPath(region: string, table: string, item: Item, parts: KeyPart[], copy = false): string {
  const params = new URLSearchParams({ [KEY]: printItem(keyOf(item, parts) ?? {}, 0), ...(copy ? { [COPY]: 'yes' } : {}) });
  return `${to.item(region, table)}?${params.toString()}`;
}

export interface ItemAddress {
  /** None: a new item. */
  key: Item | null;
  /** The item that is made begins as that one. */
  copy: boolean;
}

/** Throws what parseItem throws. */
export function itemAddress(params: URLSearchParams): ItemAddress {
  const text = params.get(KEY);
  return { key: text === null ? null : parseItem(text), copy: params.get(COPY) === 'yes' };
}
