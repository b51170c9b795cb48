// Lines for a shell, to be copied: a long one scrolls inside, and never breaks the page.
//
// SPDX-License-Identifier: Apache-2.0
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import * as awsui from '@cloudscape-design/design-tokens';

export function CommandLine({ text, label = 'Copy' }: { text: string; label?: string }) {
  return (
    <div
      className="tropic-command"
      style={{
        background: awsui.colorBackgroundInputDisabled,
        color: awsui.colorTextBodyDefault,
        borderRadius: awsui.borderRadiusInput,
      }}
    >
      {/* A region that scrolls is reached by keyboard. */}
      <pre className="tropic-mono" tabIndex={0}>
        {text}
      </pre>
      <CopyToClipboard
        variant="icon"
        copyButtonAriaLabel={label}
        textToCopy={text}
        copySuccessText="Copied"
        copyErrorText="Could not copy: select the text instead"
      />
    </div>
  );
}
