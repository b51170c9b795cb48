// What the table is: keys, capacity, class, numbers.
//
// SPDX-License-Identifier: Apache-2.0
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';

import type { TabProps } from './tabs';

export default function OverviewTab({ table }: TabProps) {
  return <Container header={<Header variant="h2">Overview</Header>}>{table.TableName}</Container>;
}
