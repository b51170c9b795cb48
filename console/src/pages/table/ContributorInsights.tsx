// Which keys are accessed and throttled most, of the table or one of its global indexes, while
// contributor insights are on; and the switch for that.
//
// SPDX-License-Identifier: Apache-2.0
import {
  DescribeContributorInsightsCommand,
  UpdateContributorInsightsCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Insights, WireItem } from '../../api/admin-types';
import { useSession } from '../../api/session';
import { useRefresh } from '../../live/hooks';
import { PACE } from '../../live/query';
import { count, percent } from '../../model/units';
import { EmptyState, ErrorAlert, Mono } from '../../widgets';

const KEYS_SHOWN = 10;

type Ranking = Insights['rankings'][number];

function titleOf({ counts, by }: Ranking): string {
  const what = by === 'partition' ? 'partition keys' : 'items';
  return counts === 'units' ? `Most accessed ${what}` : `Most throttled ${what}`;
}

/** "Artist = No One You Know": values as they are, types left out. */
export function keyText(key: WireItem): string {
  return Object.entries(key)
    .map(([name, value]) => `${name} = ${typeof value === 'object' && value !== null ? String(Object.values(value)[0]) : String(value)}`)
    .join(', ');
}

function RankingTable({ ranking }: { ranking: Ranking }) {
  const unit = ranking.counts === 'units' ? 'Units' : 'Throttled requests';
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      trackBy={({ key }) => JSON.stringify(key)}
      header={<Header variant="h3">{titleOf(ranking)}</Header>}
      items={ranking.contributors}
      columnDefinitions={[
        { id: 'key', header: 'Key', isRowHeader: true, cell: ({ key }) => <Mono>{keyText(key)}</Mono> },
        { id: 'count', header: unit, cell: (one) => count(one.count) },
        { id: 'share', header: 'Share', cell: (one) => percent(ranking.total > 0 ? one.count / ranking.total : null) },
      ]}
      ariaLabels={{ tableLabel: titleOf(ranking) }}
      empty={
        ranking.counts === 'units' ? (
          <EmptyState title="No key was accessed in the last two minutes" />
        ) : (
          <EmptyState title="No request was throttled in the last two minutes" />
        )
      }
    />
  );
}

export function ContributorInsights({ region, table }: { region: string; table: TableDescription }) {
  const session = useSession();
  const { dynamodb } = session.clients(region);
  const refresh = useRefresh();
  const name = table.TableName ?? '';
  const [index, setIndex] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const of = { TableName: name, ...(index ? { IndexName: index } : {}) };
  const { data: description, error: describeError } = useQuery({
    queryKey: [region, 'insights-status', name, index],
    queryFn: ({ signal }) => dynamodb.send(new DescribeContributorInsightsCommand(of), { abortSignal: signal }),
    refetchInterval: PACE.calm,
  });
  const isOn = description?.ContributorInsightsStatus === 'ENABLED' || description?.ContributorInsightsStatus === 'ENABLING';
  const { data: insights, error: insightsError } = useQuery({
    queryKey: [region, 'insights', name, index],
    queryFn: () => session.admin.insights({ table: name, region, limit: KEYS_SHOWN, ...(index ? { index } : {}) }),
    refetchInterval: PACE.calm,
    enabled: isOn,
  });
  const indexes = (table.GlobalSecondaryIndexes ?? []).map(({ IndexName = '' }) => ({ value: IndexName, label: `Index ${IndexName}` }));
  const options = [{ value: '', label: 'The table' }, ...indexes];

  async function change(action: 'ENABLE' | 'DISABLE') {
    setBusy(true);
    setError(null);
    try {
      await dynamodb.send(new UpdateContributorInsightsCommand({ ...of, ContributorInsightsAction: action }));
      await refresh();
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
          info={description ? <StatusIndicator type={isOn ? 'success' : 'stopped'}>{isOn ? 'On' : 'Off'}</StatusIndicator> : null}
          description="Which keys are read and written most, in this minute and the one before."
          actions={
            <SpaceBetween direction="horizontal" size="xs" alignItems="center">
              {indexes.length > 0 ? (
                <Select
                  ariaLabel="Contributor insights of"
                  options={options}
                  selectedOption={options.find(({ value }) => value === index) ?? options[0]!}
                  onChange={({ detail }) => setIndex(detail.selectedOption.value ?? '')}
                />
              ) : null}
              <Button loading={busy} disabled={!description} onClick={() => void change(isOn ? 'DISABLE' : 'ENABLE')}>
                {isOn ? 'Turn off' : 'Turn on'}
              </Button>
            </SpaceBetween>
          }
        >
          Contributor insights
        </Header>
      }
    >
      <SpaceBetween size="m">
        <ErrorAlert error={error ?? describeError ?? (isOn ? insightsError : null)} />
        {isOn && insights ? (
          <ColumnLayout columns={2}>
            {insights.rankings.map((ranking) => (
              <RankingTable key={ranking.rule} ranking={ranking} />
            ))}
          </ColumnLayout>
        ) : null}
        {description && !isOn ? (
          <EmptyState title="Contributor insights are off">Turn them on to see which keys are accessed and throttled most.</EmptyState>
        ) : null}
      </SpaceBetween>
    </Container>
  );
}
