// Items as a file: CSV for spreadsheets, JSON for programs, DynamoDB JSON for those that want every
// type. The file is put together from pieces as items come in; nothing waits for all of them.
//
// In CSV every row has a cell for each attribute that was met up to its end; rows written before an
// attribute was first met are filled up last. What a spreadsheet would take for a formula gets an
// apostrophe in front. Numbers are written as they are, all digits.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

import { attributeIn, scalarText, type Item } from '../item/attribute';
import { printItem, printValue } from '../item/dynamodb-json';
import { printPlain } from '../item/plain-json';

export interface Writer {
  add(items: Item[]): void;
  /** Pieces of the file, in order. */
  finish(): string[];
}

/** Also the wide forms of the signs, which some spreadsheets take for the narrow. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const QUOTED = /[",\r\n]/;
const END = '\r\n';

const quote = (text: string): string => (QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const tame = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

export function csvCell(value: AttributeValue | undefined): string {
  if (!value) return '';
  if (value.S !== undefined) return quote(tame(value.S));
  if (value.BOOL !== undefined) return String(value.BOOL);
  if (value.NULL !== undefined) return 'null';
  if (value.N !== undefined) return value.N;
  // Base64 may begin with a plus.
  if (value.B !== undefined) return tame(scalarText(value));
  return quote(printValue(value));
}

class CsvWriter implements Writer {
  private readonly columns: Map<string, number>;
  /** Rows that came together, by how many cells they have: few pieces, however many rows. */
  private readonly blocks: { cells: number; rows: string[] }[] = [];

  constructor(first: string[]) {
    this.columns = new Map(first.map((name, n) => [name, n]));
  }

  add(items: Item[]): void {
    let block: (typeof this.blocks)[number] | undefined;
    for (const item of items) {
      for (const name of Object.keys(item)) if (!this.columns.has(name)) this.columns.set(name, this.columns.size);
      const row = [...this.columns.keys()].map((name) => csvCell(attributeIn(item, name))).join(',');
      if (block?.cells === this.columns.size) block.rows.push(row);
      else this.blocks.push((block = { cells: this.columns.size, rows: [row] }));
    }
  }

  finish(): string[] {
    const header = [...this.columns.keys()].map((name) => quote(tame(name))).join(',') + END;
    return [
      header,
      ...this.blocks.map(({ cells, rows }) => {
        const end = ','.repeat(this.columns.size - cells) + END;
        return rows.join(end) + end;
      }),
    ];
  }
}

class JsonWriter implements Writer {
  private readonly pieces: string[] = [];

  constructor(private readonly print: (item: Item) => string) {}

  add(items: Item[]): void {
    if (items.length === 0) return;
    this.pieces.push((this.pieces.length === 0 ? '\n' : ',\n') + items.map((item) => this.print(item)).join(',\n'));
  }

  finish(): string[] {
    return ['[', ...this.pieces, '\n]\n'];
  }
}

export const FORMATS = {
  csv: { label: 'CSV', extension: 'csv', mime: 'text/csv;charset=utf-8', writer: (first: string[]): Writer => new CsvWriter(first) },
  json: {
    label: 'JSON',
    extension: 'json',
    mime: 'application/json',
    writer: (): Writer => new JsonWriter((item) => printPlain(item, 0)),
  },
  dynamodb: {
    label: 'DynamoDB JSON',
    extension: 'dynamodb.json',
    mime: 'application/json',
    writer: (): Writer => new JsonWriter((item) => printItem(item, 0)),
  },
} as const;

export type Format = keyof typeof FORMATS;
export const ALL_FORMATS = Object.keys(FORMATS) as Format[];
