// Trouble on purpose: links slowed, made lossy and cut, Regions stopped, clocks moved, and beside it
// the replicas of a table, to watch them part and meet again. Only a server of `tropic dev` does this.
//
// SPDX-License-Identifier: Apache-2.0
import './drills.css';

import Button from '@cloudscape-design/components/button';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';

import type { Status } from '../../api/admin-types';
import { useSession } from '../../api/session';
import { Link, useRegion } from '../../app/navigation';
import { to } from '../../app/routes';
import { useStatus } from '../../live/hooks';
import { cureOf, isCured } from '../../model/drills';
import { linksOf } from '../../model/links';
import { EmptyState, ErrorAlert } from '../../widgets';
import { LinkDrill } from './LinkDrill';
import { RegionsDrill } from './RegionsDrill';
import { TableDrill } from './TableDrill';
import { useAction } from './useAction';

function HealEverything({ status }: { status: Status }) {
  const { admin } = useSession();
  const { busy, error, run } = useAction();
  const cure = cureOf(status);

  return (
    <SpaceBetween size="xs">
      <Button
        variant="primary"
        loading={busy}
        disabled={isCured(cure)}
        disabledReason="Nothing is broken"
        onClick={() =>
          void run(() =>
            Promise.all([
              ...cure.links.map((change) => admin.link(change)),
              ...cure.start.map((region) => admin.region(region, 'start')),
              ...cure.clocks.map((region) => admin.clock(region, '0')),
            ]),
          )
        }
      >
        Heal everything
      </Button>
      <ErrorAlert error={error} header="Not everything could be healed" />
    </SpaceBetween>
  );
}

export default function DrillsPage() {
  const region = useRegion();
  const { data: status } = useStatus();

  if (!status) return <Spinner size="large" />;
  if (status.mode !== 'dev')
    return (
      <EmptyState title="There are no drills on this server" action={<Link to={to.dashboard(region)}>Go to the dashboard</Link>}>
        Regions are stopped and links broken on purpose with <code>tropic dev</code>. Of a server in use, links can be tried with{' '}
        <code>tropic link</code>.
      </EmptyState>
    );
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description="Break links and Regions on purpose, and watch replicas part and meet again."
          actions={<HealEverything status={status} />}
        >
          Drills
        </Header>
      }
    >
      <SpaceBetween size="l">
        <TableDrill status={status} />
        <RegionsDrill status={status} />
        <SpaceBetween size="m">
          <Header variant="h2" description="Every frame is delayed so much, by up to the jitter more, and so many are lost. A cut link carries nothing.">
            Links
          </Header>
          {linksOf(status, undefined).map((link) => (
            <LinkDrill key={link.key} status={status} link={link} />
          ))}
        </SpaceBetween>
      </SpaceBetween>
    </ContentLayout>
  );
}
