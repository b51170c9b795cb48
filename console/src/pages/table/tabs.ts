// The tabs of a table, in their order, and their places in the address.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

/** The table as this Region describes it, live. */
export interface TabProps {
  region: string;
  table: TableDescription;
}

export const TABS: { id: string; label: string; Tab: LazyExoticComponent<ComponentType<TabProps>> }[] = [
  { id: 'overview', label: 'Overview', Tab: lazy(() => import('./OverviewTab')) },
  { id: 'indexes', label: 'Indexes', Tab: lazy(() => import('./IndexesTab')) },
  { id: 'monitor', label: 'Monitor', Tab: lazy(() => import('./MonitorTab')) },
  { id: 'global-tables', label: 'Global tables', Tab: lazy(() => import('./GlobalTablesTab')) },
  { id: 'exports-and-streams', label: 'Exports and streams', Tab: lazy(() => import('./ExportsStreamsTab')) },
  { id: 'additional-settings', label: 'Additional settings', Tab: lazy(() => import('./AdditionalSettingsTab')) },
];
