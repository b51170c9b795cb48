// The columns of a table of items: keys first, then every attribute that was met, in the order of
// the alphabet. Items may have hundreds of attributes, so only some are shown until more are chosen.
//
// SPDX-License-Identifier: Apache-2.0
export interface Column {
  id: string;
  visible: boolean;
}

/** Shown without being chosen. */
const SHOWN = 10;

export function inOrder(met: readonly string[], first: string[] = []): string[] {
  const keys = new Set(first);
  return [...keys, ...met.filter((name) => !keys.has(name)).sort()];
}

/** `chosen` as somebody arranged them; attributes met since then come after. */
export function columnsOf(attributes: string[], chosen: readonly Column[]): Column[] {
  const known = new Set(attributes);
  const kept = chosen.filter(({ id }) => known.has(id));
  const placed = new Set(kept.map(({ id }) => id));
  let shown = kept.filter(({ visible }) => visible).length;
  return [
    ...kept,
    ...attributes.filter((id) => !placed.has(id)).map((id) => ({ id, visible: shown++ < SHOWN })),
  ];
}
