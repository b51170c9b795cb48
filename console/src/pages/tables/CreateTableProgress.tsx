// While a table with a time to live is being made: the steps, live, and a way on when one fails.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Steps, { type StepsProps } from '@cloudscape-design/components/steps';

import { Link } from '../../app/navigation';
import { to } from '../../app/routes';
import { ErrorAlert } from '../../widgets';
import type { Step, StepError } from './create';

interface Props {
  region: string;
  name: string;
  timeToLive: string;
  at: Step;
  failure: StepError | null;
  onRetry: () => void;
}

const ORDER: Step[] = ['create', 'wait', 'time-to-live'];
const SAID: Record<StepsProps.Status & ('success' | 'loading' | 'error' | 'pending'), string> = {
  success: 'Done', loading: 'Under way', error: 'Failed', pending: 'Not yet',
};

export function CreateTableProgress({ region, name, timeToLive, at, failure, onRetry }: Props) {
  const labels: Record<Step, string> = {
    create: `Table ${name} is created`,
    wait: 'The table is active',
    'time-to-live': `Items expire by ${timeToLive}`,
  };
  const now = ORDER.indexOf(failure?.step ?? at);
  return (
    <ContentLayout header={<Header variant="h1">Creating table {name}</Header>}>
      <Container>
        <SpaceBetween size="m">
          <Steps
            ariaLabel={`Steps of creating table ${name}`}
            steps={ORDER.map((step, position) => {
              const status = position < now ? 'success' : position > now ? 'pending' : failure ? 'error' : 'loading';
              return { status, statusIconAriaLabel: SAID[status], header: labels[step] };
            })}
          />
          {failure ? (
            <ErrorAlert
              header="The table was created, but its items do not expire yet"
              error={failure.reason}
              action={<Button onClick={onRetry}>Try again</Button>}
            />
          ) : null}
          {failure ? <Link to={to.table(region, name, 'additional-settings')}>Go to the settings of the table</Link> : null}
        </SpaceBetween>
      </Container>
    </ContentLayout>
  );
}
