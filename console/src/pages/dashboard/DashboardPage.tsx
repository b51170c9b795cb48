// The first page: how the deployment is, what somebody should look at, and how to begin.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useHref } from 'react-router';

import { useFollow, useRegion } from '../../app/navigation';
import { to } from '../../app/routes';
import { perSecond, spanOf, valuesOf } from '../../live/history';
import { useStatus } from '../../live/hooks';
import { useHistory } from '../../live/useHistory';
import { meanOfLast, NOW_SECONDS } from '../../model/links';
import { count, duration, rate } from '../../model/units';
import { ErrorAlert } from '../../widgets';
import { Alarms } from './Alarms';
import { GettingStarted } from './GettingStarted';
import { RegionsTable } from './RegionsTable';

export default function DashboardPage() {
  const region = useRegion();
  const follow = useFollow();
  const createHref = useHref(to.createTable(region));
  const { data: status, error } = useStatus();
  const { hour } = useHistory();

  if (!status) return error ? <ErrorAlert header="The server's state could not be read" error={error} /> : <Spinner size="large" />;
  const span = hour && spanOf(hour, '5m');
  const requestsNow = (where: (one: { region: string }) => boolean) =>
    hour && span ? meanOfLast(perSecond(valuesOf(hour, span, 'operations', 'requests', where), span.step), NOW_SECONDS) : null;

  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <Button variant="primary" href={createHref} onFollow={follow(to.createTable(region))}>
              Create table
            </Button>
          }
        >
          Dashboard
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Alarms status={status} hour={hour} />
        <RegionsTable status={status} requestsNow={(name) => requestsNow((one) => one.region === name)} />
        <Container header={<Header variant="h2">This server</Header>}>
          <KeyValuePairs
            columns={4}
            items={[
              { label: 'Version', value: `Tropic ${status.version}` },
              { label: 'Running for', value: duration(status.uptime_ms) },
              { label: 'Connections', value: count(status.connections) },
              { label: 'Requests now', value: rate(requestsNow(() => true)) },
            ]}
          />
        </Container>
        <GettingStarted region={region} mode={status.mode} />
      </SpaceBetween>
    </ContentLayout>
  );
}
