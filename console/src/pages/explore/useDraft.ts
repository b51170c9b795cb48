// An item while it is edited: as a form, or as text in one of two kinds of JSON. Changing the view
// carries over all that was typed, or stays and says why it cannot.
//
// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';

import { attributeIn, keyOf, pick, sameValue, type Item } from '../../model/item/attribute';
import { changesBetween } from '../../model/item/changes';
import { parseItem, printItem } from '../../model/item/dynamodb-json';
import { blankValue, fromFields, toFields, type Field, type FieldProblems } from '../../model/item/form';
import { beyondPlain, parsePlain, printPlain } from '../../model/item/plain-json';
import type { KeyPart } from '../../model/tables';

export type DraftView = 'form' | 'dynamodb' | 'plain';

interface Draft {
  view: DraftView;
  /** As they were when the text was written from them. */
  fields: Field[];
  text: string;
  /** The text as it was written: when it is still the same, the fields still say it all. */
  written: string;
}

export interface Drafting extends Draft {
  problems: FieldProblems;
  /** What is wrong with the text, or why the view stayed. */
  problem: string | null;
  setFields(fields: Field[]): void;
  setText(text: string): void;
  show(view: DraftView): void;
  /** The item, or null with the problems shown. */
  take(): Item | null;
  /** Whether what is there, right or wrong, says another item than this one. */
  differsFrom(item: Item): boolean;
  /** Another item in the same view. */
  put(item: Item): void;
}

/** Attributes that a message names. */
const NAMED = 5;
const NO_PROBLEMS: FieldProblems = new Map();
const CODECS = {
  dynamodb: { parse: parseItem, print: printItem },
  plain: { parse: parsePlain, print: printPlain },
};

/** Keys first, where the form wants them. */
function inOrder(item: Item, parts: KeyPart[]): Item {
  return pick(item, [...new Set([...parts.map(({ name }) => name), ...Object.keys(item)])]);
}

function written(item: Item, view: DraftView, parts: KeyPart[]): Draft {
  const ordered = inOrder(item, parts);
  const text = view === 'form' ? '' : CODECS[view].print(ordered);
  return { view, fields: toFields(ordered), text, written: text };
}

/** The item, as far as it can be read; nothing is said about what is wrong. */
function readable({ view, fields, text, written: before }: Draft, parts: KeyPart[]): Item | null {
  if (view === 'form' || text === before) {
    const made = fromFields(fields, parts.length, true);
    return 'item' in made ? made.item : null;
  }
  try {
    return CODECS[view].parse(text);
  } catch {
    return null;
  }
}

/** Keys that an item cannot do without. */
function keyProblem(item: Item, parts: KeyPart[], fixed: Item | null): string | null {
  for (const { name, type } of parts) {
    const value = attributeIn(item, name);
    if (value?.[type] === undefined) return `The key attribute ${name} must be there, of type ${type}`;
    if (fixed && !sameValue(value, attributeIn(fixed, name))) return `The key attribute ${name} cannot be changed: duplicate the item instead`;
  }
  return null;
}

/** `fixed`: the key that the item has and keeps. */
export function useDraft(start: Item, parts: KeyPart[], fixed: Item | null): Drafting {
  const [draft, setDraft] = useState(() => written(start, 'form', parts));
  const [problems, setProblems] = useState(NO_PROBLEMS);
  const [problem, setProblem] = useState<string | null>(null);

  function settle(): void {
    setProblem(null);
    setProblems(NO_PROBLEMS);
  }

  function fromForm(only: 'shown' | 'saved'): Item | null {
    const made = fromFields(draft.fields, parts.length, only === 'shown');
    if ('item' in made) return made.item;
    setProblems(made.problems);
    return null;
  }

  function fromText(codec: (typeof CODECS)[keyof typeof CODECS]): Item | null {
    try {
      const item = codec.parse(draft.text);
      const wrong = keyProblem(item, parts, fixed);
      if (!wrong) return item;
      setProblem(wrong);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    return null;
  }

  function show(view: DraftView): void {
    if (view === draft.view) return;
    settle();
    const untouched = draft.view === 'form' || draft.text === draft.written;
    const item = untouched || draft.view === 'form' ? fromForm('shown') : fromText(CODECS[draft.view]);
    if (!item) return;
    const beyond = view === 'plain' ? beyondPlain(item) : [];
    if (beyond.length > 0)
      setProblem(
        `Plain JSON has no sets and no binary, and this item has: ${beyond.slice(0, NAMED).join(', ')}${beyond.length > NAMED ? '…' : ''}. DynamoDB JSON keeps them.`,
      );
    else setDraft(untouched ? { ...written(item, view, parts), fields: draft.fields } : written(item, view, parts));
  }

  return {
    ...draft,
    problems,
    problem,
    setFields: (fields) => setDraft((all) => ({ ...all, fields })),
    setText: (text) => setDraft((all) => ({ ...all, text })),
    show,
    take() {
      settle();
      return draft.view === 'form' ? fromForm('saved') : fromText(CODECS[draft.view]);
    },
    differsFrom(item) {
      const now = readable(draft, parts);
      return now === null || changesBetween(item, now).length > 0;
    },
    put(item) {
      settle();
      setDraft(written(item, beyondPlain(item).length > 0 && draft.view === 'plain' ? 'dynamodb' : draft.view, parts));
    },
  };
}

/** What a new item begins with: its keys, empty. */
export function blankItem(parts: KeyPart[]): Item {
  return Object.fromEntries(parts.map(({ name, type }) => [name, blankValue(type)]));
}

/** A copy begins with all but the last part of the key. */
export function copyOf(item: Item, parts: KeyPart[]): Item {
  const last = parts[parts.length - 1];
  return last && keyOf(item, parts) ? { ...item, ...blankItem([last]) } : item;
}
