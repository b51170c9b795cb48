// What somebody should look at, each with what to do; or that there is nothing.
//
// SPDX-License-Identifier: Apache-2.0
import Alert from '@cloudscape-design/components/alert';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';

import type { Status } from '../../api/admin-types';
import type { Hour } from '../../live/history';
import { alarmsOf } from '../../model/alarms';
import { CommandLine } from '../../widgets/CommandLine';

export function Alarms({ status, hour }: { status: Status; hour: Hour | undefined }) {
  const alarms = alarmsOf(status, hour);
  return (
    <Container header={<Header variant="h2" counter={`(${alarms.length})`}>Needs a look</Header>}>
      {alarms.length === 0 ? (
        <StatusIndicator type="success">All Regions and links are well.</StatusIndicator>
      ) : (
        <SpaceBetween size="s">
          {alarms.map(({ id, severity, title, advice, command }) => (
            <Alert key={id} type={severity} header={title}>
              <SpaceBetween size="xs">
                {advice}
                {command ? <CommandLine text={command} /> : null}
              </SpaceBetween>
            </Alert>
          ))}
        </SpaceBetween>
      )}
    </Container>
  );
}
