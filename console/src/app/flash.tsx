// Messages at the top of the page that outlive the page which sent them: "Table Orders is being
// created", seen on the list of tables. What went wrong stays until it is dismissed; what went well
// has been read, and may no longer be so, when the reader has moved on from the page that it led to.
//
// SPDX-License-Identifier: Apache-2.0
import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar';
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useLocation } from 'react-router';

export interface Flash {
  type: 'success' | 'info' | 'warning' | 'error';
  header: string;
  content?: ReactNode;
}

interface Item extends FlashbarProps.MessageDefinition {
  /** Pages that were opened since it was sent. */
  pages: number;
}

interface Flashes {
  items: Item[];
  push(flash: Flash): void;
  /** Another page is shown. */
  turn(): void;
}

const Context = createContext<Flashes | null>(null);
const KEPT = 5;
/** Of what went well: the page that the action leads to, and no further. */
const PAGES = 1;
let next = 0;

export function FlashProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<Item[]>([]);
  const push = useCallback((flash: Flash) => {
    const id = String(++next);
    const item: Item = {
      ...flash,
      pages: 0,
      id,
      dismissible: true,
      dismissLabel: 'Dismiss message',
      onDismiss: () => setItems((all) => all.filter((one) => one.id !== id)),
    };
    setItems((all) => [item, ...all].slice(0, KEPT));
  }, []);
  const turn = useCallback(
    () =>
      setItems((all) =>
        all
          .map((one) => ({ ...one, pages: one.pages + 1 }))
          .filter(({ type, pages }) => type === 'error' || type === 'warning' || pages <= PAGES),
      ),
    [],
  );
  const value = useMemo(() => ({ items, push, turn }), [items, push, turn]);
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
  const { items, turn } = useFlashes();
  const { pathname } = useLocation();
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    turn();
  }, [pathname, turn]);
  return <Flashbar stackItems items={[...first, ...items.map(({ pages: _, ...item }) => item)]} />;
}
