// A form in a window of its own. It stays, with all that was typed and the reason, when the server
// refuses; it closes when the call succeeded.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal, { type ModalProps } from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useId, useState, type FormEvent, type ReactNode } from 'react';

import { focusFirstInvalid } from '../forms/focus';
import { ErrorAlert } from '.';

interface Props {
  title: string;
  /** The label of the button that does it. */
  action: string;
  size?: ModalProps.Size;
  /** It cannot be done as the form is. */
  disabled?: boolean;
  children: ReactNode;
  /** False: the form is not right yet, and says so itself. */
  run: () => Promise<unknown> | false;
  /** Done, or not wanted. */
  onClose: (done: boolean) => void;
}

export function FormModal({ title, action, size, disabled = false, children, run, onClose }: Props) {
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (disabled || busy) return;
    setError(null);
    const running = run();
    if (!running) {
      focusFirstInvalid(event.currentTarget as HTMLFormElement);
      return;
    }
    setBusy(true);
    try {
      await running;
      onClose(true);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <Modal
      visible
      header={title}
      size={size}
      // A click beside the form does not throw away what was typed.
      onDismiss={({ detail }) => {
        if (detail.reason !== 'overlay') onClose(false);
      }}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              Cancel
            </Button>
            <Button variant="primary" form={id} disabled={disabled} loading={busy}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form id={id} noValidate onSubmit={(event) => void submit(event)}>
        <SpaceBetween size="m">
          {children}
          <ErrorAlert error={error} />
        </SpaceBetween>
      </form>
    </Modal>
  );
}
