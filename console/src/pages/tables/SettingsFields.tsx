// "Customize settings": every setting that CreateTable has here.
//
// SPDX-License-Identifier: Apache-2.0
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';

import { CapacityModeField, ThroughputFields } from '../../forms/ThroughputFields';
import { IndexesField } from '../../forms/IndexesField';
import { StreamField } from '../../forms/StreamField';
import { TableClassField } from '../../forms/TableClassField';
import { TimeToLiveField } from '../../forms/TimeToLiveField';
import type { CreateTableForm, TableSettings } from '../../model/forms/create-table';
import { below, type ProblemAt } from '../../model/forms/problems';
import { ENCRYPTION } from '../../model/tables';

interface Props {
  form: CreateTableForm;
  problemAt: ProblemAt;
  onChange: (settings: TableSettings) => void;
}

export function SettingsFields({ form, problemAt, onChange }: Props) {
  const { settings } = form;
  const put = (change: Partial<TableSettings>) => onChange({ ...settings, ...change });

  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Table class</Header>}>
        <TableClassField value={settings.tableClass} onChange={(tableClass) => put({ tableClass })} />
      </Container>
      <Container header={<Header variant="h2">Read/write capacity</Header>}>
        <SpaceBetween size="l">
          <CapacityModeField value={settings.mode} onChange={(mode) => put({ mode })} />
          <ThroughputFields
            mode={settings.mode}
            value={settings.throughput}
            problemAt={below(problemAt, 'throughput')}
            onChange={(throughput) => put({ throughput })}
          />
        </SpaceBetween>
      </Container>
      <Container
        header={
          <Header variant="h2" description="Other keys to find the same items by.">
            Secondary indexes
          </Header>
        }
      >
        <IndexesField
          value={settings.indexes}
          mode={settings.mode}
          tablePartition={form.partition}
          hasSortKey={form.sort.name !== ''}
          problemAt={below(problemAt, 'indexes')}
          onChange={(indexes) => put({ indexes })}
        />
      </Container>
      <Container header={<Header variant="h2">DynamoDB stream</Header>}>
        <StreamField value={settings.stream} onChange={(stream) => put({ stream })} />
      </Container>
      <Container header={<Header variant="h2">Time to live</Header>}>
        <TimeToLiveField value={settings.timeToLive} error={problemAt('timeToLive')} onChange={(timeToLive) => put({ timeToLive })} />
      </Container>
      <Container header={<Header variant="h2">Encryption at rest</Header>}>
        <strong>{ENCRYPTION.label}</strong>
        <div>{ENCRYPTION.description}</div>
      </Container>
      <Container header={<Header variant="h2">Deletion protection</Header>}>
        <Checkbox
          checked={settings.deletionProtection}
          description="The table cannot be deleted until this is turned off."
          onChange={({ detail }) => put({ deletionProtection: detail.checked })}
        >
          Turn on deletion protection
        </Checkbox>
      </Container>
    </SpaceBetween>
  );
}
