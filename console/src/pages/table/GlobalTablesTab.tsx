// The replicas of a table in other Regions.
//
// SPDX-License-Identifier: Apache-2.0
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';

import type { TabProps } from './tabs';

export default function GlobalTablesTab({ table }: TabProps) {
  return <Container header={<Header variant="h2">Global tables</Header>}>{table.TableName}</Container>;
}
