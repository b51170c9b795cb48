// Small things that all pages use, so that the same fact looks the same everywhere.
//
// SPDX-License-Identifier: Apache-2.0
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Popover from '@cloudscape-design/components/popover';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReactNode } from 'react';

import { failureOf } from '../api/errors';
import { STATUSES } from '../model/tables';
import { localTime, NONE, utcTime } from '../model/units';

/** The status of a table, replica or index; `percent` while it is being filled. */
export function ResourceStatus({ status, percent }: { status: string | undefined; percent?: string | number }) {
  if (!status) return <>{NONE}</>;
  const known = STATUSES[status];
  const progress = percent !== undefined && percent !== '' && status !== 'ACTIVE' ? ` (${percent} %)` : '';
  return <StatusIndicator type={known?.type ?? 'info'}>{(known?.label ?? status) + progress}</StatusIndicator>;
}

/** A time as the reader's clock shows it; in UTC when asked. */
export function Time({ at }: { at: Date | number | undefined | null }) {
  if (at === undefined || at === null) return <>{NONE}</>;
  const date = typeof at === 'number' ? new Date(at) : at;
  return (
    <Popover size="small" triggerType="text" dismissButton={false} content={utcTime(date)}>
      <time dateTime={date.toISOString()}>{localTime(date)}</time>
    </Popover>
  );
}

/** A refusal where it belongs, in the API's words. Nothing while there is none. */
export function ErrorAlert({ error, header, action }: { error: unknown; header?: string; action?: ReactNode }) {
  if (error === null || error === undefined) return null;
  const { code, message } = failureOf(error);
  return (
    <Alert type="error" header={header ?? code} action={action}>
      {header ? <strong>{code}: </strong> : null}
      {message}
    </Alert>
  );
}

interface EmptyStateProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** It is all that the page shows: the title is the page's. */
  page?: boolean;
}

/** Nothing is there: why, and what to do next. */
export function EmptyState({ title, children, action, page = false }: EmptyStateProps) {
  return (
    <Box textAlign="center" color="inherit" padding="l">
      <SpaceBetween size="xs">
        {page ? (
          <Box variant="h1" fontSize="heading-m">
            {title}
          </Box>
        ) : (
          <Box variant="strong">{title}</Box>
        )}
        {children ? <Box color="text-body-secondary">{children}</Box> : null}
        {action}
      </SpaceBetween>
    </Box>
  );
}

export function Mono({ children }: { children: ReactNode }) {
  return <span className="tropic-mono">{children}</span>;
}
