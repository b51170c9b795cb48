// What a verification says, in a sentence.
//
// SPDX-License-Identifier: Apache-2.0
import type { AlertProps } from '@cloudscape-design/components/alert';

import type { VerifyResult } from '../api/admin-types';
import { counted } from './units';

export interface Verdict {
  type: AlertProps.Type;
  header: string;
  text: string;
}

export function verdictOf({ equal, regions, differences }: VerifyResult): Verdict {
  const reached = regions.filter((one) => one.reached);
  const away = regions.filter((one) => !one.reached).map(({ region }) => region);
  const digests = new Set(reached.map(({ digest }) => digest));
  const items = counted(reached[0]?.items, 'item');
  const rest = away.length > 0 ? ` ${away.join(', ')} could not be reached.` : '';

  if (equal) return { type: 'success', header: 'All replicas are equal', text: `${counted(regions.length, 'replica')}, ${items} in each.` };
  if (reached.some((one) => !one.kept_sums_right))
    return { type: 'error', header: 'A replica is damaged', text: `Sums that it keeps beside its items do not agree with them.${rest}` };
  if (digests.size > 1 || differences.length > 0)
    return {
      type: 'error',
      header: 'Replicas differ',
      text: `Changes that are still on their way look like this, too: verify again when nothing is pending.${rest}`,
    };
  return {
    type: 'warning',
    header: 'Not all replicas could be asked',
    text: `${reached.length > 1 ? `Those that were reached are equal, ${items} in each.` : 'There was nothing to compare with.'}${rest}`,
  };
}
