// JSON that keeps the digits: JSON.parse makes JavaScript numbers, which lose what the database
// keeps. Numbers stay text here, objects keep their order, and an attribute twice is refused
// instead of silently dropped. Problems tell line and column.
//
// SPDX-License-Identifier: Apache-2.0
export class JsonNumber {
  constructor(readonly text: string) {}
}

export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

export class JsonProblem extends Error {
  constructor(message: string, text: string, at: number) {
    const before = text.slice(0, at).split('\n');
    super(`${message} (line ${before.length}, column ${before[before.length - 1]!.length + 1})`);
    this.name = 'JsonProblem';
  }
}

/** Deeper than the database allows items to be, so that it is the one to refuse. */
const DEPTH_MAX = 200;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SPACE = /[ \t\r\n]*/y;
const WORDS: Record<string, Json> = { true: true, false: false, null: null };

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  all(): Json {
    const value = this.value();
    if (this.at < this.text.length) throw this.problem('Unexpected text after the end');
    return value;
  }

  private problem(message: string, at = this.at): JsonProblem {
    return new JsonProblem(message, this.text, at);
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (!found) return null;
    this.at += found[0].length;
    return found[0];
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    this.match(SPACE);
    return true;
  }

  private string(what: string): string {
    const raw = this.match(STRING);
    if (raw === null) throw this.problem(`Expected ${what}`);
    return JSON.parse(raw) as string;
  }

  private value(): Json {
    this.match(SPACE);
    const value = this.bare();
    this.match(SPACE);
    return value;
  }

  private bare(): Json {
    const char = this.text[this.at];
    if (char === undefined) throw this.problem('Unexpected end');
    if (char === '{') return this.nested(() => this.object());
    if (char === '[') return this.nested(() => this.array());
    if (char === '"') return this.string('the end of the text, a quote');
    const number = this.match(NUMBER);
    if (number !== null) return new JsonNumber(number);
    for (const [word, value] of Object.entries(WORDS))
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    throw this.problem('Expected a value');
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > DEPTH_MAX) throw this.problem('Nested too deep');
    const value = read();
    this.depth--;
    return value;
  }

  private object(): JsonObject {
    const object: JsonObject = new Map();
    this.take('{');
    if (this.take('}')) return object;
    do {
      const start = this.at;
      const name = this.string('a name in quotes');
      if (object.has(name)) throw this.problem(`"${name}" is there twice`, start);
      this.match(SPACE);
      if (!this.take(':')) throw this.problem('Expected a colon');
      object.set(name, this.value());
    } while (this.take(','));
    if (!this.take('}')) throw this.problem('Expected a comma or }');
    return object;
  }

  private array(): Json[] {
    const array: Json[] = [];
    this.take('[');
    if (this.take(']')) return array;
    do array.push(this.value());
    while (this.take(','));
    if (!this.take(']')) throw this.problem('Expected a comma or ]');
    return array;
  }
}

export function parseJson(text: string): Json {
  return new Reader(text).all();
}

const isNested = (json: Json): boolean => typeof json === 'object' && json !== null && !(json instanceof JsonNumber);

/** With `indent` 0 all in one line; else what holds one scalar, such as {"S": "text"}, still is. */
export function printJson(json: Json, indent = 2, margin = ''): string {
  if (json === null || typeof json !== 'object') return JSON.stringify(json);
  if (json instanceof JsonNumber) return json.text;
  const inner = margin + ' '.repeat(indent);
  const parts = Array.isArray(json)
    ? json.map((one) => printJson(one, indent, inner))
    : [...json].map(([name, one]) => `${JSON.stringify(name)}:${indent ? ' ' : ''}${printJson(one, indent, inner)}`);
  const [open, close] = Array.isArray(json) ? '[]' : '{}';
  if (parts.length === 0) return `${open}${close}`;
  if (indent && margin !== '' && json instanceof Map && json.size === 1 && ![...json.values()].some(isNested)) return `{${parts[0]}}`;
  return indent
    ? `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`
    : `${open}${parts.join(',')}${close}`;
}
