// The settings that can be changed while the table lives: capacity, class, time to live, tags,
// deletion protection, contributor insights; and how it is encrypted. Streams have a tab of their own.
//
// SPDX-License-Identifier: Apache-2.0
import SpaceBetween from '@cloudscape-design/components/space-between';

import { ENCRYPTION } from '../../model/tables';
import { EmptyState } from '../../widgets';
import { CapacitySetting } from './settings/Capacity';
import { ContributorInsightsSetting } from './settings/ContributorInsights';
import { DeletionProtectionSetting } from './settings/DeletionProtection';
import { Setting } from './settings/Setting';
import { TableClassSetting } from './settings/TableClass';
import { TagsSetting } from './settings/Tags';
import { TimeToLiveSetting } from './settings/TimeToLive';
import type { TabProps } from './tabs';

export default function AdditionalSettingsTab(props: TabProps) {
  if (props.table.TableStatus === 'CREATING')
    return <EmptyState title="The table is being created">Its settings are shown as soon as it is active.</EmptyState>;
  return (
    <SpaceBetween size="l">
      <CapacitySetting {...props} />
      <TableClassSetting {...props} />
      <TimeToLiveSetting {...props} />
      <DeletionProtectionSetting {...props} />
      <ContributorInsightsSetting {...props} />
      <Setting title="Encryption at rest" description={ENCRYPTION.description} items={[['Key', ENCRYPTION.label]]} />
      <TagsSetting {...props} />
    </SpaceBetween>
  );
}
