// How far a run has come, as it goes: what it read, what it found, what that consumed; and the way to
// stop it when a filter lets little through.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import LiveRegion from '@cloudscape-design/components/live-region';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';

import type { RunState } from '../../model/query/run';
import { capacityUnits, count, counted } from '../../model/units';
import { ErrorAlert } from '../../widgets';

function sentence({ scanned, items, capacity, more }: RunState): string {
  const found = `${scanned > 0 ? `Scanned ${count(scanned)}, found` : 'Found'} ${counted(items.length, 'item')}${more ? ', more to come' : ', that is all'}`;
  return `${found} · ${capacityUnits(capacity)}`;
}

interface Running {
  show: (page: number) => Promise<void>;
  stop: () => void;
}

export function RunProgress({ run, state }: { run: Running; state: RunState }) {
  const type = state.busy ? 'loading' : state.stopped ? 'stopped' : 'info';
  const started = state.requests > 0 || state.busy;
  return (
    <SpaceBetween size="s">
      {started ? (
        <SpaceBetween direction="horizontal" size="s" alignItems="center">
          <LiveRegion>
            <StatusIndicator type={type}>
              {state.stopped ? 'Stopped. ' : ''}
              {sentence(state)}
            </StatusIndicator>
          </LiveRegion>
          {state.busy ? <Button onClick={() => run.stop()}>Stop</Button> : null}
          {state.stopped ? <Button onClick={() => void run.show(state.page)}>Go on</Button> : null}
        </SpaceBetween>
      ) : null}
      <ErrorAlert error={state.error} action={<Button onClick={() => void run.show(state.page)}>Try again</Button>} />
    </SpaceBetween>
  );
}
