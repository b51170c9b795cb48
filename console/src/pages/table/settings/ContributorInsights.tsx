// Contributor insights: which keys are used most, counted for the table and for each global index.
// What they show is on the Monitor tab.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateContributorInsightsCommand, type ContributorInsightsMode, type ContributorInsightsSummary } from '@aws-sdk/client-dynamodb';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { useContributorInsights } from '../../../live/settings';
import { INSIGHTS_MODES } from '../../../model/tables';
import { NONE } from '../../../model/units';
import { ErrorAlert } from '../../../widgets';
import { FormModal } from '../../../widgets/form-modal';
import type { TabProps } from '../tabs';
import { Setting, useSetting } from './Setting';

type Choice = ContributorInsightsMode | 'OFF';

const choiceOf = ({ ContributorInsightsStatus: status, ContributorInsightsMode: mode }: ContributorInsightsSummary): Choice =>
  status === 'ENABLED' ? (mode ?? 'ACCESSED_AND_THROTTLED_KEYS') : 'OFF';

const nameOf = ({ IndexName }: ContributorInsightsSummary): string => (IndexName ? `Index ${IndexName}` : 'Table');

function EditInsights({ region, table, of, onClose }: TabProps & { of: ContributorInsightsSummary; onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  const [before] = useState(() => choiceOf(of));
  const [choice, setChoice] = useState(before);
  return (
    <FormModal
      title={`Contributor insights: ${nameOf(of)} ${of.IndexName ? '' : table.TableName}`.trim()}
      action="Save changes"
      disabled={choice === before}
      run={() =>
        dynamodb.send(
          new UpdateContributorInsightsCommand({
            TableName: table.TableName,
            ...(of.IndexName ? { IndexName: of.IndexName } : {}),
            ...(choice === 'OFF' ? { ContributorInsightsAction: 'DISABLE' } : { ContributorInsightsAction: 'ENABLE', ContributorInsightsMode: choice }),
          }),
        )
      }
      onClose={onClose}
    >
      <FormField label="What is counted">
        <RadioGroup
          value={choice}
          onChange={({ detail }) => setChoice(detail.value as Choice)}
          items={[...Object.entries(INSIGHTS_MODES).map(([value, label]) => ({ value, label })), { value: 'OFF', label: 'Nothing: off' }]}
        />
      </FormField>
    </FormModal>
  );
}

export function ContributorInsightsSetting({ region, table }: TabProps) {
  const { data, error } = useContributorInsights(region, table.TableName ?? '');
  const setting = useSetting('Contributor insights were changed');
  const [of, setOf] = useState<ContributorInsightsSummary | null>(null);
  return (
    <Setting title="Contributor insights" description="Counts which keys are used most, in this Region. The Monitor tab shows them.">
      <ErrorAlert error={data ? null : error} />
      {data ? (
        <Table
          variant="embedded"
          contentDensity="compact"
          wrapLines
          items={data}
          ariaLabels={{ tableLabel: 'Contributor insights' }}
          columnDefinitions={[
            { id: 'name', header: 'Of', cell: nameOf, isRowHeader: true },
            {
              id: 'status',
              header: 'Status',
              cell: (one) => <StatusIndicator type={choiceOf(one) === 'OFF' ? 'stopped' : 'success'}>{choiceOf(one) === 'OFF' ? 'Off' : 'On'}</StatusIndicator>,
            },
            {
              id: 'mode',
              header: 'What is counted',
              cell: (one) => {
                const choice = choiceOf(one);
                return choice === 'OFF' ? NONE : INSIGHTS_MODES[choice];
              },
            },
            {
              id: 'edit',
              header: 'Change',
              cell: (one) => (
                <Button
                  variant="inline-link"
                  ariaLabel={`Edit contributor insights: ${nameOf(one)}`}
                  onClick={() => {
                    setOf(one);
                    setting.edit();
                  }}
                >
                  Edit
                </Button>
              ),
            },
          ]}
        />
      ) : null}
      {setting.open && of ? <EditInsights region={region} table={table} of={of} onClose={setting.close} /> : null}
    </Setting>
  );
}
