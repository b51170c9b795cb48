// Items written while one watches. Off until somebody starts it, and off again when the page is left.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useMemo, useState } from 'react';

import type { Status } from '../../api/admin-types';
import { useTable } from '../../live/hooks';
import { useWriter } from '../../live/writer';
import { tableKey } from '../../model/tables';
import { count, counted } from '../../model/units';
import { ErrorAlert } from '../../widgets';

const RATE_MAX = 50;
const KEYS_MAX = 1_000_000;

/** A whole number of 1 or more that was typed; undefined: it is none. */
function wholeUpTo(most: number, typed: string): number | undefined {
  const value = Number(typed);
  return /^\d+$/.test(typed) && value >= 1 && value <= most ? value : undefined;
}

export function Writer({ status, name }: { status: Status; name: string }) {
  const hosts = status.tables.filter((table) => table.name === name).map(({ region }) => region);
  const [chosen, setChosen] = useState<string[]>(() => hosts.slice(0, 1));
  const [rateText, setRateText] = useState('10');
  const [keysText, setKeysText] = useState('1000');
  const [on, setOn] = useState(false);
  const { data: table } = useTable(hosts[0] ?? '', name);
  const rate = wholeUpTo(RATE_MAX, rateText);
  const keys = wholeUpTo(KEYS_MAX, keysText);
  const open = chosen.filter((region) => hosts.includes(region)).sort();
  const regions = open.join(' ');
  const schema = table ? JSON.stringify(tableKey(table)) : '';
  // By what it says, not by which object says it: otherwise every answer of the server began anew.
  const settings = useMemo(
    () =>
      on && rate && keys && regions && schema
        ? { table: name, key: JSON.parse(schema) as ReturnType<typeof tableKey>, regions: regions.split(' '), rate, keys }
        : null,
    [on, rate, keys, regions, schema, name],
  );
  const { written, refused, lastError } = useWriter(settings);

  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Puts items into the table, through the public API. Regions that write the same keys at the same time meet in conflicts."
          info={<StatusIndicator type={settings ? 'in-progress' : 'stopped'}>{settings ? 'Writing' : 'Not writing'}</StatusIndicator>}
          actions={
            on ? (
              <Button onClick={() => setOn(false)}>Stop writing</Button>
            ) : (
              <Button disabled={!rate || !keys || !regions || !schema} disabledReason="Choose a Region, a rate and how many keys" onClick={() => setOn(true)}>
                Start writing
              </Button>
            )
          }
        >
          Writer
        </Header>
      }
    >
      <SpaceBetween size="m">
        <ColumnLayout columns={3}>
          <FormField label="Write in">
            {[...new Set([...hosts, ...chosen])].sort().map((region) => (
              <Checkbox
                key={region}
                checked={chosen.includes(region)}
                onChange={({ detail }) => setChosen(detail.checked ? [...chosen, region] : chosen.filter((one) => one !== region))}
              >
                {hosts.includes(region) ? region : `${region} (away)`}
              </Checkbox>
            ))}
          </FormField>
          <FormField label="Items a second, in each Region" errorText={rate ? undefined : `From 1 to ${RATE_MAX}`}>
            <Input inputMode="numeric" value={rateText} onChange={({ detail }) => setRateText(detail.value.trim())} />
          </FormField>
          <FormField label="Different keys" errorText={keys ? undefined : `From 1 to ${count(KEYS_MAX)}`}>
            <Input inputMode="numeric" value={keysText} onChange={({ detail }) => setKeysText(detail.value.trim())} />
          </FormField>
        </ColumnLayout>
        {written + refused > 0 ? (
          <Box>
            {counted(written, 'item')} written{refused > 0 ? `, ${counted(refused, 'write')} refused` : ''}.
          </Box>
        ) : null}
        <ErrorAlert error={lastError} header="The newest write that was refused" />
      </SpaceBetween>
    </Container>
  );
}
