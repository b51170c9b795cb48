// What somebody changed in an item, and how that is saved without overwriting what somebody else
// changed meanwhile: only the changed attributes are written, on condition that they are as they
// were read. When they are not, theirs and mine are put side by side.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import { Placeholders } from '../query/expression';
import { attributeIn, sameValue, type Item } from './attribute';

export interface Change {
  name: string;
  /** None: it was not there. */
  from?: AttributeValue;
  /** None: it goes. */
  to?: AttributeValue;
}

export function changesBetween(loaded: Item, mine: Item): Change[] {
  return [...new Set([...Object.keys(loaded), ...Object.keys(mine)])]
    .map((name) => ({ name, from: attributeIn(loaded, name), to: attributeIn(mine, name) }))
    .filter(({ from, to }) => !sameValue(from, to));
}

/** The parts of an UpdateItem; the item must still be there. */
export function updateOf(changes: Change[], key: Item) {
  const names = new Placeholders();
  const sets: string[] = [];
  const removes: string[] = [];
  const conditions = Object.keys(key).slice(0, 1).map((name) => `attribute_exists(${names.name(name)})`);
  for (const { name, from, to } of changes) {
    const placeholder = names.name(name);
    if (to) sets.push(`${placeholder} = ${names.value(to)}`);
    else removes.push(placeholder);
    conditions.push(from ? `${placeholder} = ${names.value(from)}` : `attribute_not_exists(${placeholder})`);
  }
  return {
    UpdateExpression: [
      ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
      ...(removes.length > 0 ? [`REMOVE ${removes.join(', ')}`] : []),
    ].join(' '),
    ConditionExpression: conditions.join(' AND '),
    ...names.attributes,
  };
}

export interface Conflict extends Change {
  /** None: they took it out. */
  theirs?: AttributeValue;
}

/** What both changed, to different values. */
export function conflictsOf(changes: Change[], theirs: Item): Conflict[] {
  return changes
    .map((change) => ({ ...change, theirs: attributeIn(theirs, change.name) }))
    .filter(({ theirs: now, from, to }) => !sameValue(now, from) && !sameValue(now, to));
}

/** Their item with my changes on top; where both changed, as `keep` says. */
export function rebase(changes: Change[], theirs: Item, keep: 'mine' | 'theirs'): Item {
  const lost = new Set(keep === 'theirs' ? conflictsOf(changes, theirs).map(({ name }) => name) : []);
  const item = { ...theirs };
  for (const { name, to } of changes) {
    if (lost.has(name)) continue;
    if (to) item[name] = to;
    else delete item[name];
  }
  return item;
}
