// Asking before what cannot be taken back: says what it means, and wants the name typed.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState, type FormEvent, type ReactNode } from 'react';

import { ErrorAlert } from '.';

interface Props {
  title: string;
  /** What has to be typed. */
  name: string;
  /** The label of the button that does it. */
  action: string;
  children: ReactNode;
  run: () => Promise<unknown>;
  /** Done, or not wanted. */
  onClose: (done: boolean) => void;
}

export function ConfirmByName({ title, name, action, children, run, onClose }: Props) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const right = typed === name;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!right || busy) return;
    setBusy(true);
    setError(null);
    try {
      await run();
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
      onDismiss={() => onClose(false)}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => onClose(false)}>
              Cancel
            </Button>
            <Button variant="primary" form="confirm-by-name" disabled={!right} loading={busy}>
              {action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form id="confirm-by-name" onSubmit={(event) => void submit(event)}>
        <SpaceBetween size="m">
          {children}
          <FormField label={`To confirm, type ${name}`}>
            <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} placeholder={name} autoComplete={false} />
          </FormField>
          <ErrorAlert error={error} />
        </SpaceBetween>
      </form>
    </Modal>
  );
}
