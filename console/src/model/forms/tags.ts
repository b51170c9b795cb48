// Tags in a form, and what has to be called to get from the tags there are to those wanted.
//
// SPDX-License-Identifier: Apache-2.0
import type { Tag } from '@aws-sdk/client-dynamodb';

import { TAG_KEY_CHARACTERS_MAX, TAG_VALUE_CHARACTERS_MAX, TAGS_MAX } from '../limits';
import { missing, note, wrong, type Problem, type Problems } from './problems';

export interface TagForm {
  key: string;
  value: string;
}

function keyProblem(key: string, tags: TagForm[]): Problem | null {
  if (key === '') return missing('Give the tag a key, or remove it.');
  if (key.length > TAG_KEY_CHARACTERS_MAX) return wrong(`A key has at most ${TAG_KEY_CHARACTERS_MAX} characters.`);
  if (key.startsWith('aws:')) return wrong('Keys that begin with aws: are reserved.');
  return tags.filter((tag) => tag.key === key).length > 1 ? wrong('Another tag has this key.') : null;
}

export function tagProblems(tags: TagForm[]): Problems {
  const problems: Problems = {};
  tags.forEach(({ key, value }, at) => {
    note(problems, `${at}.key`, keyProblem(key, tags));
    if (value.length > TAG_VALUE_CHARACTERS_MAX)
      note(problems, `${at}.value`, wrong(`A value has at most ${TAG_VALUE_CHARACTERS_MAX} characters.`));
  });
  if (tags.length > TAGS_MAX) note(problems, 'all', wrong(`A table has at most ${TAGS_MAX} tags.`));
  return problems;
}

export const tagsInput = (tags: TagForm[]): Tag[] => tags.map(({ key, value }) => ({ Key: key, Value: value }));

export const tagsOf = (tags: Tag[]): TagForm[] => tags.map(({ Key, Value }) => ({ key: Key ?? '', value: Value ?? '' }));

/** Which tags to set, and which keys to take away. */
export function tagChange(before: TagForm[], after: TagForm[]): { set: Tag[]; remove: string[] } {
  const had = new Map(before.map(({ key, value }) => [key, value]));
  const wanted = new Set(after.map(({ key }) => key));
  return {
    set: tagsInput(after.filter(({ key, value }) => had.get(key) !== value)),
    remove: before.map(({ key }) => key).filter((key) => !wanted.has(key)),
  };
}
