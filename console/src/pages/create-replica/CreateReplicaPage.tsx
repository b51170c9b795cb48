// Adding a replica to a table: in which Region, and what it has of its own. The page knows in
// advance where none can be made and says why; the server has the last word.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ContentLayout from '@cloudscape-design/components/content-layout';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState, type FormEvent } from 'react';
import { useHref, useNavigate } from 'react-router';

import { useSession } from '../../api/session';
import { useFlash } from '../../app/flash';
import { useFollow, useRegion, useTableName } from '../../app/navigation';
import { to } from '../../app/routes';
import { useRefresh, useStatus, useTable } from '../../live/hooks';
import { candidates, cannotReplicate, type Candidate } from '../../model/availability';
import { overrides, settingsAreRight, settingsOf } from '../../model/replicaSettings';
import { ErrorAlert } from '../../widgets';
import { ReplicaSettingsFields } from '../table/global/ReplicaSettingsFields';
import { MissingTable } from '../table/MissingTable';

const optionOf = ({ place }: Candidate) => ({
  value: place.region,
  label: place.region,
  ...(place.place ? { description: place.place } : {}),
});

function NotAvailable({ all }: { all: Candidate[] }) {
  const refused = all.filter(({ reason }) => reason !== null);
  if (refused.length === 0) return null;
  return (
    <ExpandableSection headerText={`Regions that are not available (${refused.length})`} defaultExpanded>
      <ul>
        {refused.map(({ place, reason }) => (
          <li key={place.region}>
            <strong>{place.region}</strong>: {reason}.
          </li>
        ))}
      </ul>
    </ExpandableSection>
  );
}

function CreateReplicaForm({ region, table }: { region: string; table: TableDescription }) {
  const name = table.TableName ?? '';
  const { dynamodb } = useSession().clients(region);
  const { data: status } = useStatus();
  const navigate = useNavigate();
  const follow = useFollow();
  const flash = useFlash();
  const refresh = useRefresh();
  const inherited = settingsOf(table);
  const [chosen, setChosen] = useState('');
  const [settings, setSettings] = useState(inherited);
  const [strict, setStrict] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const back = to.table(region, name, 'global-tables');
  const backHref = useHref(back);
  const all = status ? candidates(region, table, status) : [];
  const chosenCandidate = all.find(({ place }) => place.region === chosen);
  // What was chosen stays, with the reason, when it is no longer available.
  const options = all.filter((one) => one.reason === null || one === chosenCandidate).map(optionOf);
  const blocked = cannotReplicate(region, table, status);
  const regionError = !chosen ? 'Choose a Region' : chosenCandidate?.reason;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setStrict(true);
    if (busy || regionError || !settingsAreRight(settings)) return;
    setBusy(true);
    setError(null);
    try {
      await dynamodb.send(
        new UpdateTableCommand({
          TableName: name,
          ReplicaUpdates: [{ Create: { RegionName: chosen, ...overrides(table, inherited, settings) } }],
        }),
      );
      flash({ type: 'info', header: `A replica of ${name} is being created in ${chosen}` });
      void refresh();
      void navigate(back);
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button formAction="none" variant="link" href={backHref} onFollow={follow(back)}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy}>
              Create replica
            </Button>
          </SpaceBetween>
        }
        errorText={null}
      >
        <SpaceBetween size="l">
          {blocked ? (
            <Alert type="warning" header="No replica can be created now">
              {blocked}
            </Alert>
          ) : null}
          <Container header={<Header variant="h2">Replication settings</Header>}>
            <SpaceBetween size="l">
              <FormField
                label="Available replication Regions"
                description="The replica gets all items of the table, and every later change, from then on in both directions."
                errorText={strict || chosen ? regionError : undefined}
              >
                <Select
                  placeholder="Choose a Region"
                  options={options}
                  selectedOption={options.find(({ value }) => value === chosen) ?? null}
                  onChange={({ detail }) => setChosen(detail.selectedOption.value ?? '')}
                  statusType={status ? 'finished' : 'loading'}
                  loadingText="Asking which Regions there are"
                  empty="No Region is available: see below why"
                  filteringType={options.length > 8 ? 'auto' : 'none'}
                />
              </FormField>
              <NotAvailable all={all} />
            </SpaceBetween>
          </Container>
          <Container
            header={
              <Header variant="h2" description="Leave them as they are for a replica like the table.">
                Settings of this replica
              </Header>
            }
          >
            <ReplicaSettingsFields table={table} value={settings} onChange={setSettings} strict={strict} />
          </Container>
          {table.StreamSpecification?.StreamEnabled ? null : (
            <Alert type="info">Replication is carried by the table's stream: it is turned on, with new and old images.</Alert>
          )}
          <ErrorAlert error={error} header="The replica could not be created" />
        </SpaceBetween>
      </Form>
    </form>
  );
}

export default function CreateReplicaPage() {
  const region = useRegion();
  const name = useTableName();
  const { data: table, error, isPending } = useTable(region, name);

  return (
    <ContentLayout
      header={
        <Header variant="h1" description={<Box variant="span">Table {name} in {region}</Box>}>
          Create replica
        </Header>
      }
    >
      {isPending ? (
        <Spinner size="large" />
      ) : table ? (
        <CreateReplicaForm region={region} table={table} />
      ) : table === null ? (
        <MissingTable region={region} name={name} />
      ) : (
        <ErrorAlert header="The table could not be described" error={error} />
      )}
    </ContentLayout>
  );
}
