// Asking before what cannot be taken back: says what it means, and wants the name typed.
//
// SPDX-License-Identifier: Apache-2.0
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState, type ReactNode } from 'react';

import { FormModal } from './form-modal';

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

  return (
    <FormModal title={title} action={action} disabled={typed !== name} run={run} onClose={onClose}>
      {children}
      <FormField label={`To confirm, type ${name}`}>
        <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} placeholder={name} autoComplete={false} />
      </FormField>
    </FormModal>
  );
}
