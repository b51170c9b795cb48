// One group of settings: what they are now, live, and a button to the form that changes them.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import { useState, type ReactNode } from 'react';

import { useFlash } from '../../../app/flash';
import { useRefresh } from '../../../live/hooks';

interface Props {
  title: string;
  description?: ReactNode;
  /** Label of the button; without, there is nothing to change. */
  action?: string;
  onAction?: () => void;
  items?: [label: string, value: ReactNode][];
  children?: ReactNode;
}

export function Setting({ title, description, action, onAction, items, children }: Props) {
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={description}
          actions={
            action ? (
              <Button onClick={onAction} ariaLabel={`${action}: ${title}`}>
                {action}
              </Button>
            ) : undefined
          }
        >
          {title}
        </Header>
      }
    >
      {items ? <KeyValuePairs columns={4} minColumnWidth={170} items={items.map(([label, value]) => ({ label, value }))} /> : null}
      {children}
    </Container>
  );
}

/** Opening the form of a setting, and what follows when it is done. */
export function useSetting(done: string) {
  const [open, setOpen] = useState(false);
  const refresh = useRefresh();
  const flash = useFlash();
  return {
    open,
    edit: () => setOpen(true),
    close: (ok: boolean) => {
      setOpen(false);
      if (!ok) return;
      flash({ type: 'success', header: done });
      void refresh();
    },
  };
}
