// Capacity of a table or a global index, as it stands in a form: what is provisioned, the maxima of
// on-demand mode, and what should be warm. Units are kept as they were typed.
//
// SPDX-License-Identifier: Apache-2.0
import type {
  BillingMode,
  GlobalSecondaryIndexDescription,
  OnDemandThroughput,
  ProvisionedThroughput,
  TableDescription,
  WarmThroughput,
} from '@aws-sdk/client-dynamodb';

import { WARM_ON_DEMAND } from '../limits';
import { note, unitsProblem, wholeNumber, type Problems } from './problems';

export interface ThroughputForm {
  read: string;
  write: string;
  maxRead: string;
  maxWrite: string;
  warmRead: string;
  warmWrite: string;
}

/** What goes into a request; members are absent where nothing is to be said. */
export interface ThroughputInput {
  ProvisionedThroughput?: ProvisionedThroughput;
  OnDemandThroughput?: OnDemandThroughput;
  WarmThroughput?: WarmThroughput;
}

export const NO_MAXIMUM = -1;

export const newThroughput = (): ThroughputForm => ({
  read: '5', write: '5', maxRead: '', maxWrite: '', warmRead: '', warmWrite: '',
});

const text = (units: number | undefined): string => (units !== undefined && units > 0 ? String(units) : '');

/** What a table or an index has now. Provisioned units start at 5 where there are none. */
export function throughputOf(of: TableDescription | GlobalSecondaryIndexDescription): ThroughputForm {
  return {
    read: text(of.ProvisionedThroughput?.ReadCapacityUnits) || '5',
    write: text(of.ProvisionedThroughput?.WriteCapacityUnits) || '5',
    maxRead: text(of.OnDemandThroughput?.MaxReadRequestUnits),
    maxWrite: text(of.OnDemandThroughput?.MaxWriteRequestUnits),
    warmRead: text(of.WarmThroughput?.ReadUnitsPerSecond),
    warmWrite: text(of.WarmThroughput?.WriteUnitsPerSecond),
  };
}

/** Units a second that are warm without being asked for. */
export function warmByItself(mode: BillingMode, form: ThroughputForm): { read: number; write: number } {
  return mode === 'PAY_PER_REQUEST' ? WARM_ON_DEMAND : { read: wholeNumber(form.read) || 0, write: wholeNumber(form.write) || 0 };
}

/** `floor`: warm throughput that may not be gone below. */
export function throughputProblems(mode: BillingMode, form: ThroughputForm, floor = warmByItself(mode, form)): Problems {
  const problems: Problems = {};
  if (mode === 'PROVISIONED') {
    note(problems, 'read', unitsProblem(form.read, false));
    note(problems, 'write', unitsProblem(form.write, false));
  } else {
    note(problems, 'maxRead', unitsProblem(form.maxRead, true));
    note(problems, 'maxWrite', unitsProblem(form.maxWrite, true));
  }
  note(problems, 'warmRead', unitsProblem(form.warmRead, true, floor.read));
  note(problems, 'warmWrite', unitsProblem(form.warmWrite, true, floor.write));
  return problems;
}

const maybe = (units: string): number | undefined => (units.trim() === '' ? undefined : wholeNumber(units));

function provisioned(form: ThroughputForm): ProvisionedThroughput {
  return { ReadCapacityUnits: wholeNumber(form.read), WriteCapacityUnits: wholeNumber(form.write) };
}

function warm(form: ThroughputForm): WarmThroughput | undefined {
  const read = maybe(form.warmRead), write = maybe(form.warmWrite);
  if (read === undefined && write === undefined) return undefined;
  return {
    ...(read === undefined ? {} : { ReadUnitsPerSecond: read }),
    ...(write === undefined ? {} : { WriteUnitsPerSecond: write }),
  };
}

/** Of something new. */
export function throughputInput(mode: BillingMode, form: ThroughputForm): ThroughputInput {
  const input: ThroughputInput = {};
  const warmth = warm(form);
  if (mode === 'PROVISIONED') input.ProvisionedThroughput = provisioned(form);
  else {
    const read = maybe(form.maxRead), write = maybe(form.maxWrite);
    if (read !== undefined || write !== undefined)
      input.OnDemandThroughput = {
        ...(read === undefined ? {} : { MaxReadRequestUnits: read }),
        ...(write === undefined ? {} : { MaxWriteRequestUnits: write }),
      };
  }
  if (warmth) input.WarmThroughput = warmth;
  return input;
}

/** What changes from `before` to `after`; null: nothing does. The service refuses to set what is. */
export function throughputChange(mode: BillingMode, before: ThroughputForm, after: ThroughputForm, modeChanges = false): ThroughputInput | null {
  const input: ThroughputInput = {};
  const differs = (member: keyof ThroughputForm) => (maybe(before[member]) ?? NO_MAXIMUM) !== (maybe(after[member]) ?? NO_MAXIMUM);

  if (mode === 'PROVISIONED' && (modeChanges || differs('read') || differs('write'))) input.ProvisionedThroughput = provisioned(after);
  if (mode === 'PAY_PER_REQUEST' && (differs('maxRead') || differs('maxWrite')))
    input.OnDemandThroughput = {
      ...(differs('maxRead') ? { MaxReadRequestUnits: maybe(after.maxRead) ?? NO_MAXIMUM } : {}),
      ...(differs('maxWrite') ? { MaxWriteRequestUnits: maybe(after.maxWrite) ?? NO_MAXIMUM } : {}),
    };
  const warmth = warm({ ...after, warmRead: differs('warmRead') ? after.warmRead : '', warmWrite: differs('warmWrite') ? after.warmWrite : '' });
  if (warmth) input.WarmThroughput = warmth;
  return Object.keys(input).length > 0 ? input : null;
}
