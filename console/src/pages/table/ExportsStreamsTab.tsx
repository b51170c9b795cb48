// The stream of the table, and deliveries to Kinesis.
//
// SPDX-License-Identifier: Apache-2.0
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';

import type { TabProps } from './tabs';

export default function ExportsStreamsTab({ table }: TabProps) {
  return <Container header={<Header variant="h2">Exports and streams</Header>}>{table.TableName}</Container>;
}
