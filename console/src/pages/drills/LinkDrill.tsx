// One link: how it is, and trouble for it, in both directions together or each by itself.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';

import type { Status } from '../../api/admin-types';
import { useSession } from '../../api/session';
import { changeOf, troubleOf, TROUBLES, type Trouble, type TroubleKind } from '../../model/drills';
import type { Direction, LinkView } from '../../model/links';
import { counted, milliseconds } from '../../model/units';
import { ErrorAlert } from '../../widgets';
import { LinkIndicator } from '../../widgets/LinkIndicator';
import { TroubleField } from './TroubleField';
import { useAction, type Action } from './useAction';

const KINDS = Object.keys(TROUBLES) as TroubleKind[];

function State({ direction: { from, to, state, lagP99, pendingChanges } }: { direction: Direction }) {
  return (
    <SpaceBetween direction="horizontal" size="s">
      <Box variant="strong">
        {from} → {to}
      </Box>
      <LinkIndicator state={state} />
      <Box color="text-body-secondary">
        {lagP99 === null ? 'no lag measured' : `lag ${milliseconds(lagP99)}`}
        {pendingChanges === null ? '' : `, ${counted(pendingChanges, 'change')} pending`}
      </Box>
    </SpaceBetween>
  );
}

interface ControlsProps {
  status: Status;
  from: string;
  to: string;
  oneWay: boolean;
  action: Action;
}

function Controls({ status, from, to, oneWay, action }: ControlsProps) {
  const { admin } = useSession();
  const now = troubleOf(status, from, to);
  const where = oneWay ? `${from} to ${to}` : `${from} and ${to}, both directions`;
  const change = (trouble: Partial<Trouble>) => action.run(() => admin.link(changeOf(from, to, oneWay, trouble)));
  const cut = now.cut || (!oneWay && troubleOf(status, to, from).cut);

  return (
    <SpaceBetween size="s">
      <ColumnLayout columns={3}>
        {KINDS.map((kind) => (
          <TroubleField key={kind} kind={kind} where={where} value={now[kind]} send={(value) => change({ [kind]: value })} />
        ))}
      </ColumnLayout>
      {cut ? (
        <Button ariaLabel={`Heal ${where}`} onClick={() => void change({ cut: false })}>
          Heal
        </Button>
      ) : (
        <Button ariaLabel={`Cut ${where}`} onClick={() => void change({ cut: true })}>
          Cut
        </Button>
      )}
    </SpaceBetween>
  );
}

const differ = (one: Trouble, other: Trouble): boolean => KINDS.some((kind) => one[kind] !== other[kind]) || one.cut !== other.cut;

export function LinkDrill({ status, link: { a, b, directions } }: { status: Status; link: LinkView }) {
  const action = useAction();
  const apart = differ(troubleOf(status, a, b), troubleOf(status, b, a));
  const [wanted, setWanted] = useState<boolean | null>(null);
  const each = wanted ?? apart;

  return (
    <Container
      header={
        <Header
          variant="h3"
          actions={
            <Toggle checked={each} onChange={({ detail }) => setWanted(detail.checked)}>
              Each direction by itself
            </Toggle>
          }
        >
          {a} and {b}
        </Header>
      }
    >
      <SpaceBetween size="m">
        {directions.map((direction) => (
          <SpaceBetween key={direction.from} size="s">
            <State direction={direction} />
            {each ? <Controls status={status} from={direction.from} to={direction.to} oneWay action={action} /> : null}
          </SpaceBetween>
        ))}
        {each ? null : <Controls status={status} from={a} to={b} oneWay={false} action={action} />}
        <ErrorAlert error={action.error} header="The link could not be changed" />
      </SpaceBetween>
    </Container>
  );
}
