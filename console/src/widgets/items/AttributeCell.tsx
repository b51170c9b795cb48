// One attribute value in a table of items: exact digits, sets and documents in a line, and what is
// no text (empty, null, bytes) told apart from text by its colour.
//
// SPDX-License-Identifier: Apache-2.0
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import Box from '@cloudscape-design/components/box';

import { preview, TYPES, typeOf } from '../../model/item/attribute';
import { bytes } from '../../model/units';
import { Mono } from '..';

function Quiet({ children }: { children: string }) {
  return (
    <Box variant="span" color="text-body-secondary">
      {children}
    </Box>
  );
}

/** Nothing when the item has no such attribute. */
export function AttributeCell({ value }: { value: AttributeValue | undefined }) {
  if (!value) return null;
  if (value.S === '') return <Quiet>empty string</Quiet>;
  if (value.NULL !== undefined) return <Quiet>null</Quiet>;
  if (value.S !== undefined) return <>{preview(value)}</>;
  const text = preview(value);
  return (
    <span title={TYPES[typeOf(value)]}>
      <Mono>{text}</Mono>
      {value.B ? <Quiet>{` ${bytes(value.B.length)}`}</Quiet> : null}
    </span>
  );
}
