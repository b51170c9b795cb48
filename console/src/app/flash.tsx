// Messages at the top of the page that outlive the page which sent them: "Table Orders is being
// created", seen on the list of tables.
//
// SPDX-License-Identifier: Apache-2.0
import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar';
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';

export interface Flash {
  type: 'success' | 'info' | 'warning' | 'error';
  header: string;
  content?: ReactNode;
}

interface Flashes {
  items: FlashbarProps.MessageDefinition[];
  push(flash: Flash): void;
}

const Context = createContext<Flashes | null>(null);
const KEPT = 5;
let next = 0;

export function FlashProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<FlashbarProps.MessageDefinition[]>([]);
  const push = useCallback((flash: Flash) => {
    const id = String(++next);
    const item: FlashbarProps.MessageDefinition = {
      ...flash,
      id,
      dismissible: true,
      dismissLabel: 'Dismiss message',
      onDismiss: () => setItems((all) => all.filter((one) => one.id !== id)),
    };
    setItems((all) => [item, ...all].slice(0, KEPT));
  }, []);
  const value = useMemo(() => ({ items, push }), [items, push]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

function useFlashes(): Flashes {
  const flashes = useContext(Context);
  if (!flashes) throw new Error('outside of FlashProvider');
  return flashes;
}

export function useFlash(): (flash: Flash) => void {
  return useFlashes().push;
}

export function FlashMessages({ first }: { first: FlashbarProps.MessageDefinition[] }) {
  return <Flashbar stackItems items={[...first, ...useFlashes().items]} />;
}
