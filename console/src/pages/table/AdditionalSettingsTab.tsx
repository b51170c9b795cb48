// Capacity, time to live, tags, deletion protection.
//
// SPDX-License-Identifier: Apache-2.0
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';

import type { TabProps } from './tabs';

export default function AdditionalSettingsTab({ table }: TabProps) {
  return <Container header={<Header variant="h2">Additional settings</Header>}>{table.TableName}</Container>;
}
