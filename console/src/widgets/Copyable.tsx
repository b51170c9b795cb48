// A value that is needed elsewhere, with a button that copies it.
//
// SPDX-License-Identifier: Apache-2.0
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

import { NONE } from '../model/units';

export function Copyable({ value, what }: { value: string | undefined; what: string }) {
  if (!value) return <>{NONE}</>;
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={value}
      copyButtonAriaLabel={`Copy ${what}`}
      copySuccessText={`${what} copied`}
      copyErrorText={`${what} could not be copied`}
    />
  );
}
