// How a link between two Regions is, the same everywhere.
//
// SPDX-License-Identifier: Apache-2.0
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';

import { LINK_CLASSES, type LinkClass } from '../model/links';

const INDICATORS: Record<LinkClass, StatusIndicatorProps.Type> = {
  idle: 'success',
  quick: 'success',
  behind: 'warning',
  far: 'error',
  down: 'error',
  cut: 'error',
};

export function LinkIndicator({ state }: { state: LinkClass }) {
  return <StatusIndicator type={INDICATORS[state]}>{LINK_CLASSES[state].label}</StatusIndicator>;
}
