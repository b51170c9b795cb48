// What was typed and not saved is not lost silently: leaving the page that has it, by a link, by the
// back button or by logging out, asks first; closing the tab makes the browser ask.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useBlocker } from 'react-router';

/** Whether there is something to lose. Asked when somebody leaves, not while they type. */
type Unsaved = () => boolean;

interface Guard {
  add(unsaved: Unsaved): () => void;
  /** Does what ends the page, after asking when that loses something. */
  leave(how: () => void): void;
}

const Context = createContext<Guard | null>(null);

function useGuard(): Guard {
  const guard = useContext(Context);
  if (!guard) throw new Error('outside of UnsavedProvider');
  return guard;
}

export function UnsavedProvider({ children }: { children: ReactNode }) {
  const [pages] = useState(() => new Set<Unsaved>());
  const [asked, setAsked] = useState<(() => void) | null>(null);
  const any = useCallback(() => [...pages].some((unsaved) => unsaved()), [pages]);
  const guard = useMemo<Guard>(
    () => ({
      add(unsaved) {
        pages.add(unsaved);
        return () => pages.delete(unsaved);
      },
      leave(how) {
        if (any()) setAsked(() => how);
        else how();
      },
    }),
    [pages, any],
  );
  const blocker = useBlocker(any);
  const blocked = blocker.state === 'blocked';

  function stay(): void {
    setAsked(null);
    if (blocked) blocker.reset();
  }

  function go(): void {
    setAsked(null);
    if (blocked) blocker.proceed();
    asked?.();
  }

  return (
    <Context.Provider value={guard}>
      {children}
      <Modal
        visible={blocked || asked !== null}
        header="Leave without saving?"
        onDismiss={stay}
        closeAriaLabel="Close"
        footer={
          <Box float="right">
            <SpaceBetween direction="horizontal" size="xs">
              <Button variant="link" onClick={stay}>
                Stay
              </Button>
              <Button variant="primary" onClick={go}>
                Leave
              </Button>
            </SpaceBetween>
          </Box>
        }
      >
        What you changed on this page is not saved yet. It is lost when you leave.
      </Modal>
    </Context.Provider>
  );
}

/** Guards a page as long as it is shown. The function that comes back ends that: all is saved. */
export function useUnsaved(unsaved: Unsaved): () => void {
  const { add } = useGuard();
  const latest = useRef(unsaved);
  const saved = useRef(false);
  useEffect(() => {
    latest.current = unsaved;
  });
  useEffect(() => {
    const now = () => !saved.current && latest.current();
    const warn = (event: BeforeUnloadEvent) => {
      if (now()) event.preventDefault();
    };
    const remove = add(now);
    window.addEventListener('beforeunload', warn);
    return () => {
      remove();
      window.removeEventListener('beforeunload', warn);
    };
  }, [add]);
  return () => {
    saved.current = true;
  };
}

/** For what ends the page without the router's doing. */
export function useLeaving(): (how: () => void) => void {
  return useGuard().leave;
}
