// Requests, latency and keys of this table.
//
// SPDX-License-Identifier: Apache-2.0
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';

import type { TabProps } from './tabs';

export default function MonitorTab({ table }: TabProps) {
  return <Container header={<Header variant="h2">Monitor</Header>}>{table.TableName}</Container>;
}
