// Proof that all replicas are equal, or the keys that differ. Each Region that is reached reads all
// of its items for it, so it is asked for, not done by itself.
//
// SPDX-License-Identifier: Apache-2.0
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import { useState } from 'react';

import type { VerifyResult } from '../../../api/admin-types';
import { useSession } from '../../../api/session';
import { count, counted, NONE } from '../../../model/units';
import { verdictOf } from '../../../model/verdict';
import { ErrorAlert, Mono, Time } from '../../../widgets';

type RegionRow = VerifyResult['regions'][number];
type Difference = VerifyResult['differences'][number];

/** Listed; there may be more. */
const DIFFERENCES_MAX = 100;
/** Of the digest: enough to see by eye whether two are the same. */
const DIGEST_SHOWN = 16;

const REGION_COLUMNS: TableProps.ColumnDefinition<RegionRow>[] = [
  { id: 'region', header: 'Region', isRowHeader: true, cell: ({ region }) => region },
  {
    id: 'reached',
    header: 'Answer',
    cell: ({ reached, kept_sums_right }) =>
      !reached ? (
        <StatusIndicator type="warning">Not reached</StatusIndicator>
      ) : kept_sums_right ? (
        <StatusIndicator type="success">All items read</StatusIndicator>
      ) : (
        <StatusIndicator type="error">Its kept sums are wrong</StatusIndicator>
      ),
  },
  { id: 'items', header: 'Items', cell: ({ reached, items }) => (reached ? count(items) : NONE) },
  {
    id: 'digest',
    header: 'Digest of all items',
    cell: ({ reached, digest }) => (reached ? <Mono>{digest.slice(0, DIGEST_SHOWN)}…</Mono> : NONE),
  },
];

const differenceColumns = (here: string): TableProps.ColumnDefinition<Difference>[] => [
  { id: 'key', header: 'Key', isRowHeader: true, cell: ({ key }) => <Mono>{JSON.stringify(key)}</Mono> },
  { id: 'here', header: `Version in ${here}`, cell: (one) => one.here ?? 'No item' },
  { id: 'region', header: 'Other Region', cell: ({ region }) => region },
  { id: 'there', header: 'Version there', cell: ({ there }) => there ?? 'No item' },
];

function Result({ result }: { result: VerifyResult }) {
  const { type, header, text } = verdictOf(result);
  return (
    <SpaceBetween size="m">
      <Alert type={type} header={header}>
        {text}
      </Alert>
      <Table
        variant="embedded"
        items={result.regions}
        trackBy="region"
        columnDefinitions={REGION_COLUMNS}
        ariaLabels={{ tableLabel: 'Replicas that were compared' }}
      />
      {result.differences.length > 0 ? (
        <Table
          variant="embedded"
          items={result.differences}
          columnDefinitions={differenceColumns(result.here)}
          ariaLabels={{ tableLabel: 'Keys that differ' }}
          header={
            <Header variant="h3" description="A version is milliseconds.counter@replica of the last write.">
              Keys that differ ({counted(result.differences.length, 'key')}
              {result.differences.length >= DIFFERENCES_MAX ? ', there may be more' : ''})
            </Header>
          }
        />
      ) : null}
    </SpaceBetween>
  );
}

export function VerifyPanel({ region, table }: { region?: string; table: string }) {
  const { admin } = useSession();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState<{ result: VerifyResult; at: Date } | null>(null);

  async function verify() {
    setBusy(true);
    setError(null);
    try {
      const result = await admin.verify({ table, ...(region ? { region } : {}), differences_max: DIFFERENCES_MAX });
      setDone({ result, at: new Date() });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Every replica that can be reached reads all its items and counts a digest. Equal digests: equal replicas."
          actions={
            <Button loading={busy} loadingText="Verifying" onClick={() => void verify()}>
              Verify
            </Button>
          }
        >
          Verify replicas
        </Header>
      }
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error} header="The replicas could not be compared" />
        {done ? (
          <>
            <Box variant="small">
              As of <Time at={done.at} />
            </Box>
            <Result result={done.result} />
          </>
        ) : error === null ? (
          <Box color="text-body-secondary">
            {busy ? 'Every Region is reading its items. One that does not answer is given a while.' : 'Not verified yet. Press Verify.'}
          </Box>
        ) : null}
      </SpaceBetween>
    </Container>
  );
}
