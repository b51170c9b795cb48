// One kind of trouble in one direction: a slider for the usual, a field for any value.
//
// SPDX-License-Identifier: Apache-2.0
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Slider from '@cloudscape-design/components/slider';
import { useState } from 'react';

import { TROUBLES, typedTrouble, type TroubleKind } from '../../model/drills';
import { count } from '../../model/units';
import { useNewest } from './useAction';

interface Props {
  kind: TroubleKind;
  /** "us-east-1 to eu-west-1" */
  where: string;
  value: number;
  send: (value: number) => Promise<void>;
}

export function TroubleField({ kind, where, value, send }: Props) {
  const { label, unit, slider, step, most } = TROUBLES[kind];
  const { draft, set } = useNewest(send);
  const [typed, setTyped] = useState<string | null>(null);
  const shown = draft ?? value;
  const right = typed === null || typedTrouble(kind, typed) !== undefined;

  function take() {
    const number = typed === null ? undefined : typedTrouble(kind, typed);
    if (number === undefined) return;
    setTyped(null);
    if (number !== value) set(number);
  }

  return (
    <FormField label={`${label} (${unit})`} errorText={right ? undefined : `From 0 to ${count(most)} ${unit}`}>
      <div className="tropic-trouble">
        <div>
          <Slider
            ariaLabel={`${label}, ${where}`}
            value={Math.min(shown, slider)}
            min={0}
            max={slider}
            step={step}
            valueFormatter={(number) => `${count(number)} ${unit}`}
            onChange={({ detail }) => set(detail.value)}
          />
        </div>
        <Input
          ariaLabel={`${label} in ${unit}, ${where}`}
          inputMode="decimal"
          value={typed ?? String(shown)}
          onChange={({ detail }) => setTyped(detail.value)}
          onBlur={take}
          onKeyDown={({ detail }) => {
            if (detail.key === 'Enter') take();
          }}
        />
      </div>
    </FormField>
  );
}
