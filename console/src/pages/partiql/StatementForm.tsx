// The statement editor: the text, values for its question marks, how to run several, and Run.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import RadioGroup from '@cloudscape-design/components/radio-group';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';

import { useTable, useTableNames } from '../../live/hooks';
import type { Field, FieldProblems } from '../../model/item/form';
import { examplesOf } from '../../model/partiql/statements';
import { tableKey } from '../../model/tables';
import { counted } from '../../model/units';
import { FieldRows } from '../../widgets/items/FieldRows';

export type Together = 'batch' | 'transaction';

interface Props {
  region: string;
  text: string;
  onText: (text: string) => void;
  /** A value for each question mark. */
  fields: Field[];
  problems: FieldProblems;
  onFields: (fields: Field[]) => void;
  /** How many statements the text has. */
  statements: number;
  together: Together;
  onTogether: (together: Together) => void;
  history: string[];
  busy: boolean;
  onRun: () => void;
  /** Of the address. */
  table: string;
  onTable: (table: string) => void;
}

const ROWS_MIN = 6;
const ROWS_MAX = 20;

function Examples({ region, table, onTable, onPick }: { region: string; table: string; onTable: (name: string) => void; onPick: (text: string) => void }) {
  const { data: names = [] } = useTableNames(region);
  return (
    <ColumnLayout columns={2}>
      <FormField label="Table" description="For examples; statements name their tables themselves.">
        <Select
          selectedOption={table ? { value: table, label: table } : null}
          options={names.map((value) => ({ value, label: value }))}
          placeholder="Choose a table"
          empty="No tables"
          filteringType="auto"
          filteringAriaLabel="Find tables by name"
          onChange={({ detail }) => onTable(detail.selectedOption.value ?? '')}
        />
      </FormField>
      {table ? <ExamplePicker region={region} table={table} onPick={onPick} /> : null}
    </ColumnLayout>
  );
}

function ExamplePicker({ region, table, onPick }: { region: string; table: string; onPick: (text: string) => void }) {
  const { data } = useTable(region, table);
  const examples = examplesOf(table, data ? tableKey(data) : []);
  return (
    <FormField label="Example" description="Takes the place of the text below.">
      <Select
        selectedOption={null}
        options={examples.map(({ id, label, statement }) => ({ value: id, label, description: statement }))}
        placeholder="Choose an example"
        disabled={!data}
        onChange={({ detail }) => onPick(examples.find(({ id }) => id === detail.selectedOption.value)?.statement ?? '')}
      />
    </FormField>
  );
}

export function StatementForm(props: Props) {
  const { region, text, onText, fields, problems, onFields, statements, together, onTogether, history, busy, onRun, table, onTable } = props;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onRun();
      }}
    >
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <ButtonDropdown
                disabled={history.length === 0}
                items={history.map((statement, n) => ({ id: String(n), text: statement.replace(/\s+/g, ' ').slice(0, 120) }))}
                onItemClick={({ detail }) => onText(history[Number(detail.id)] ?? '')}
              >
                History
              </ButtonDropdown>
            }
          >
            Statement
          </Header>
        }
      >
        <SpaceBetween size="m">
          <Examples region={region} table={table} onTable={onTable} onPick={onText} />
          <div className="tropic-code">
            <FormField
              label="PartiQL"
              constraintText="Several statements with semicolons between; a question mark is a value given below. Ctrl+Enter runs."
              stretch
            >
              <Textarea
                value={text}
                rows={Math.min(ROWS_MAX, Math.max(ROWS_MIN, text.split('\n').length + 1))}
                spellcheck={false}
                disableBrowserAutocorrect
                placeholder={'SELECT * FROM "Table" WHERE "key" = \'value\''}
                onChange={({ detail }) => onText(detail.value)}
                onKeyDown={(event) => {
                  const { key, ctrlKey, metaKey } = event.detail;
                  if (key !== 'Enter' || !(ctrlKey || metaKey)) return;
                  event.preventDefault();
                  onRun();
                }}
              />
            </FormField>
          </div>
          {fields.length > 0 ? (
            <div>
              <Box variant="awsui-key-label">Values of the question marks</Box>
              <FieldRows fields={fields} problems={problems} onChange={onFields} placed="Parameter" />
            </div>
          ) : null}
          {statements > 1 ? (
            <FormField label={`Run ${counted(statements, 'statement')}`}>
              <RadioGroup
                value={together}
                onChange={({ detail }) => onTogether(detail.value as Together)}
                items={[
                  { value: 'batch', label: 'Each by itself', description: 'BatchExecuteStatement: all of them read, or all of them write; at most 25' },
                  { value: 'transaction', label: 'All of them or none', description: 'ExecuteTransaction: at most 100' },
                ]}
              />
            </FormField>
          ) : null}
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="primary" formAction="submit" loading={busy} disabled={statements === 0}>
              Run
            </Button>
            <Button formAction="none" disabled={text === ''} onClick={() => onText('')}>
              Clear
            </Button>
          </SpaceBetween>
        </SpaceBetween>
      </Container>
    </form>
  );
}
