// Placeholders for expressions: every name and value goes through one, so that no attribute name is
// a reserved word and no value can be read as syntax.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export class Placeholders {
  private readonly names = new Map<string, string>();
  private readonly values: [string, AttributeValue][] = [];

  /** One attribute name; dots in it are part of the name. */
  name(attribute: string): string {
    let placeholder = this.names.get(attribute);
    if (!placeholder) this.names.set(attribute, (placeholder = `#n${this.names.size}`));
    return placeholder;
  }

  value(value: AttributeValue): string {
    const placeholder = `:v${this.values.length}`;
    this.values.push([placeholder, value]);
    return placeholder;
  }

  /** What goes with the expressions; the API refuses empty maps. */
  get attributes(): {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, AttributeValue>;
  } {
    return {
      ...(this.names.size > 0
        ? { ExpressionAttributeNames: Object.fromEntries([...this.names].map(([name, placeholder]) => [placeholder, name])) }
        : {}),
      ...(this.values.length > 0 ? { ExpressionAttributeValues: Object.fromEntries(this.values) } : {}),
    };
  }
}
