// What is wrong with a form, field by field. A field's address is a path such as "indexes.2.name".
//
// Two kinds are told apart: what was typed and is wrong is said at once; what is merely missing is
// said when somebody tries to go on without it.
//
// SPDX-License-Identifier: Apache-2.0
import { count } from '../units';
import { KEY_NAME_BYTES_MAX, NAME_CHARACTERS, NAME_PATTERN, UNITS_MAX } from '../limits';

export interface Problem {
  text: string;
  missing: boolean;
}

export type Problems = Record<string, Problem>;

/** The text to show under a field, if any. */
export type ProblemAt = (path: string) => string | undefined;

export const wrong = (text: string): Problem => ({ text, missing: false });
export const missing = (text: string): Problem => ({ text, missing: true });

/** The first problem of a field is the one that is said. */
export function note(problems: Problems, path: string, problem: Problem | null): void {
  if (problem && !problems[path]) problems[path] = problem;
}

/** All of `inner`, below `prefix`. */
export function noteBelow(problems: Problems, prefix: string, inner: Problems): void {
  for (const [path, problem] of Object.entries(inner)) note(problems, `${prefix}.${path}`, problem);
}

/** Which of the problems are to be seen: all of them once somebody has tried to go on. */
export function shown(problems: Problems, tried: boolean): ProblemAt {
  return (path) => {
    const problem = problems[path];
    return problem && (tried || !problem.missing) ? problem.text : undefined;
  };
}

export function below(problemAt: ProblemAt, prefix: string): ProblemAt {
  return (path) => problemAt(`${prefix}.${path}`);
}

export function hasProblems(problems: Problems): boolean {
  return Object.keys(problems).length > 0;
}

/** Of a table or an index. */
export function nameProblem(name: string, of: 'table' | 'index'): Problem | null {
  const { least, most } = NAME_CHARACTERS;
  if (name === '') return missing(`Give the ${of} a name.`);
  if (!NAME_PATTERN.test(name)) {
    const bad = [...name].find((character) => !NAME_PATTERN.test(character));
    return wrong(`${bad === ' ' ? 'A space' : `The character ${bad}`} is not allowed. Use a-z, A-Z, 0-9, _ (underscore), - (hyphen) and . (dot).`);
  }
  if (name.length < least) return wrong(`A name has at least ${least} characters.`);
  if (name.length > most) return wrong(`A name has at most ${most} characters; this one has ${count(name.length)}.`);
  return null;
}

const utf8 = new TextEncoder();

/** Of an attribute in a key, a projection or the time to live. */
export function attributeProblem(name: string, whatFor: string): Problem | null {
  if (name === '') return missing(`Name the ${whatFor}.`);
  const bytes = utf8.encode(name).length;
  return bytes > KEY_NAME_BYTES_MAX
    ? wrong(`The name has at most ${KEY_NAME_BYTES_MAX} bytes; this one has ${count(bytes)}.`)
    : null;
}

/** A whole number as it was typed; separators are ignored. NaN: it is none. */
export function wholeNumber(text: string): number {
  const digits = text.replace(/[\s,_]/g, '');
  return /^\d+$/.test(digits) ? Number(digits) : NaN;
}

/** Capacity units; an empty optional field means "not set". */
export function unitsProblem(text: string, optional: boolean, least = 1): Problem | null {
  if (text.trim() === '') return optional ? null : missing('Enter a number of units.');
  const units = wholeNumber(text);
  if (Number.isNaN(units)) return wrong('Enter a whole number, such as 25.');
  if (units < least) return wrong(`Enter at least ${count(least)}.`);
  return units > UNITS_MAX ? wrong(`Enter at most ${count(UNITS_MAX)}.`) : null;
}
