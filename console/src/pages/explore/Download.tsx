// What was found as a file: what is loaded, or everything, read on to the end with its progress in
// sight. The file is made here; nothing is sent anywhere.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import LiveRegion from '@cloudscape-design/components/live-region';
import Modal from '@cloudscape-design/components/modal';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useState } from 'react';

import { ALL_FORMATS, FORMATS, type Format } from '../../model/download/formats';
import type { Answer, RunState } from '../../model/query/run';
import { count, counted } from '../../model/units';
import { ErrorAlert } from '../../widgets';
import { saveFile } from '../../widgets/save';

/** A run, wherever its items come from. */
interface Readable {
  snapshot: () => RunState;
  everything: (signal: AbortSignal) => AsyncGenerator<Pick<Answer, 'items' | 'scanned'>>;
}

interface Props {
  /** Of the file, without its extension. */
  name: string;
  /** The first columns. */
  keys: string[];
  run: Readable;
}

function Everything({ name, keys, run, format, onClose }: Props & { format: Format; onClose: () => void }) {
  const [found, setFound] = useState(0);
  const [scanned, setScanned] = useState(0);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    const call = new AbortController();
    const { extension, mime, writer } = FORMATS[format];
    const file = writer(keys);
    const read = async () => {
      try {
        let total = 0;
        let looked = 0;
        for await (const answer of run.everything(call.signal)) {
          file.add(answer.items);
          setFound((total += answer.items.length));
          setScanned((looked += answer.scanned));
        }
        if (call.signal.aborted) return;
        saveFile(`${name}.${extension}`, mime, file.finish());
        onClose();
      } catch (problem) {
        if (!call.signal.aborted) setError(problem);
      }
    };
    void read();
    return () => call.abort();
    // One reading for each time that this is opened.
  }, []);

  return (
    <Modal
      visible
      header={`Download everything as ${FORMATS[format].label}`}
      onDismiss={onClose}
      closeAriaLabel="Cancel"
      footer={
        <Box float="right">
          <Button onClick={onClose}>Cancel</Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <LiveRegion>
          <StatusIndicator type={error === null ? 'loading' : 'error'}>
            {scanned > 0 ? `Scanned ${count(scanned)}, found ` : 'Found '}
            {counted(found, 'item')}
          </StatusIndicator>
        </LiveRegion>
        <ErrorAlert error={error} />
      </SpaceBetween>
    </Modal>
  );
}

export function Download(props: Props) {
  const { name, keys, run } = props;
  const [everything, setEverything] = useState<Format | null>(null);
  const items = (of: string) => ALL_FORMATS.map((format) => ({ id: `${of} ${format}`, text: FORMATS[format].label }));

  function loaded(format: Format): void {
    const { extension, mime, writer } = FORMATS[format];
    const file = writer(keys);
    file.add(run.snapshot().items);
    saveFile(`${name}.${extension}`, mime, file.finish());
  }

  return (
    <>
      <ButtonDropdown
        items={[
          { text: 'Loaded so far', items: items('loaded') },
          { text: 'Everything', items: items('everything') },
        ]}
        onItemClick={({ detail }) => {
          const [of, format] = detail.id.split(' ') as ['loaded' | 'everything', Format];
          if (of === 'loaded') loaded(format);
          else setEverything(format);
        }}
      >
        Download
      </ButtonDropdown>
      {everything ? <Everything {...props} format={everything} onClose={() => setEverything(null)} /> : null}
    </>
  );
}
