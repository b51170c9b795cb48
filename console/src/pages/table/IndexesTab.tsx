// Secondary indexes: what there is, making and deleting one.
//
// SPDX-License-Identifier: Apache-2.0
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';

import type { TabProps } from './tabs';

export default function IndexesTab({ table }: TabProps) {
  return <Container header={<Header variant="h2">Indexes</Header>}>{table.TableName}</Container>;
}
