// Deleting the items that were selected, after asking.
//
// SPDX-License-Identifier: Apache-2.0
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useRef, useState } from 'react';

import { useSession } from '../../api/session';
import { useFlash } from '../../app/flash';
import { keyId, preview, type Item } from '../../model/item/attribute';
import type { KeyPart } from '../../model/tables';
import { count, counted } from '../../model/units';
import { ErrorAlert, Mono } from '../../widgets';
import { deleteItems } from './batch';
import { memoryOf, tablePrefix } from './memory';

interface Props {
  region: string;
  table: string;
  parts: KeyPart[];
  /** Keys alone. */
  keys: Item[];
  onClose: () => void;
}

/** Named in the question. */
const NAMED = 5;

export function DeleteItems({ region, table, parts, keys: asked, onClose }: Props) {
  const session = useSession();
  const flash = useFlash();
  // The selection shrinks as items go; the question stays what it was.
  const [keys] = useState(asked);
  const [gone, setGone] = useState(0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const call = useRef<AbortController | null>(null);
  const left = useRef(keys);
  const what = counted(keys.length, 'item');

  function forget(deleted: Item[]): void {
    const ids = new Set(deleted.map((key) => keyId(key, parts)));
    left.current = left.current.filter((key) => !ids.has(keyId(key, parts)));
    setGone(keys.length - left.current.length);
    memoryOf(session).runs.each(tablePrefix(region, table), (run) => run.replace((item) => ids.has(keyId(item, parts)), null));
  }

  async function run(): Promise<void> {
    const abort = new AbortController();
    call.current = abort;
    setBusy(true);
    setError(null);
    try {
      await deleteItems(session.clients(region).dynamodb, table, left.current, forget, abort.signal);
      flash({ type: 'success', header: `${what} deleted from ${table}` });
      onClose();
    } catch (problem) {
      if (!abort.signal.aborted) setError(problem);
      setBusy(false);
    }
  }

  function close(): void {
    call.current?.abort();
    onClose();
  }

  return (
    <Modal
      visible
      header={`Delete ${what}`}
      onDismiss={close}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void run()}>
              Delete
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Alert type="warning">This cannot be undone.</Alert>
        <ul>
          {keys.slice(0, NAMED).map((key) => (
            <li key={keyId(key, parts)}>
              <Mono>{Object.values(key).map((value) => preview(value, 80)).join(', ')}</Mono>
            </li>
          ))}
          {keys.length > NAMED ? <li>and {count(keys.length - NAMED)} more</li> : null}
        </ul>
        {gone > 0 ? <ProgressBar label="Deleted" value={(gone / keys.length) * 100} additionalInfo={`${count(gone)} of ${count(keys.length)}`} /> : null}
        <ErrorAlert error={error} />
      </SpaceBetween>
    </Modal>
  );
}
