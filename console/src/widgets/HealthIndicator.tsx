// How a Region is, the same everywhere.
//
// SPDX-License-Identifier: Apache-2.0
import StatusIndicator from '@cloudscape-design/components/status-indicator';

import { HEALTHS, type Health } from '../model/regions';

export function HealthIndicator({ health }: { health: Health }) {
  const { type, label } = HEALTHS[health];
  return <StatusIndicator type={type}>{label}</StatusIndicator>;
}
