// Scan or query: the table or one of its indexes, conditions on its keys, filters, which attributes.
// What is typed stays here until Run takes it to the address.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo, useState, type FormEvent } from 'react';

import { keysFor, sourceOf, sourcesOf, START, toInput, type ExploreQuery, type Source } from '../../model/query/query';
import { FilterRows } from './FilterRows';
import { KeyConditions } from './KeyConditions';

interface Props {
  table: TableDescription;
  start: ExploreQuery;
  /** Names to offer: those met so far. */
  attributes: () => string[];
  onRun: (query: ExploreQuery) => void;
}

function sourceLabel({ index, canBeConsistent }: Source, table: TableDescription): string {
  if (!index) return `Table ${table.TableName}`;
  return `${canBeConsistent ? 'Local index' : 'Index'} ${index}`;
}

const keyText = (source: Source): string => source.key.map(({ name, role }) => `${name} (${role} key)`).join(', ');

export function QueryForm({ table, start, attributes, onRun }: Props) {
  const [query, setQuery] = useState(start);
  const [projection, setProjection] = useState(start.attributes.join(', '));
  const [checked, setChecked] = useState(start !== START && start.mode === 'query');
  const change = (some: Partial<ExploreQuery>) => setQuery((all) => ({ ...all, ...some }));

  const sources = useMemo(() => sourcesOf(table), [table]);
  const source = sourceOf(query, table);
  const made = toInput(query, table);
  const problems = checked && 'problems' in made ? made.problems : {};
  const option = (one: Source) => ({ value: one.index, label: sourceLabel(one, table), description: keyText(one) });

  function submit(event: FormEvent): void {
    event.preventDefault();
    setChecked(true);
    if (!('problems' in made)) onRun(source ? { ...query, keys: query.mode === 'query' ? keysFor(source, query.keys) : [] } : query);
  }

  function reset(): void {
    setQuery(START);
    setProjection('');
    setChecked(false);
  }

  return (
    <form onSubmit={submit}>
      <Container header={<Header variant="h2">Scan or query items</Header>}>
        <SpaceBetween size="m">
          <SegmentedControl
            label="Scan or query"
            selectedId={query.mode}
            options={[
              { id: 'scan', text: 'Scan' },
              { id: 'query', text: 'Query' },
            ]}
            onChange={({ detail }) => {
              change({ mode: detail.selectedId as ExploreQuery['mode'] });
              setChecked(false);
            }}
          />
          <ColumnLayout columns={2}>
            <FormField label="Table or index" errorText={problems.index}>
              <Select
                selectedOption={source ? option(source) : { value: query.index, label: query.index }}
                options={sources.map(option)}
                triggerVariant="label"
                onChange={({ detail }) => change({ index: detail.selectedOption.value ?? '', keys: [] })}
              />
            </FormField>
            <FormField
              label={
                <span>
                  Attributes to read <i>- optional</i>
                </span>
              }
              constraintText="Names with commas between; all when empty. Keys are always read."
            >
              <Input
                value={projection}
                placeholder="All attributes"
                onChange={({ detail }) => {
                  setProjection(detail.value);
                  change({ attributes: [...new Set(detail.value.split(',').map((name) => name.trim()))].filter(Boolean) });
                }}
              />
            </FormField>
          </ColumnLayout>
          {query.mode === 'query' && source ? (
            <KeyConditions source={source} keys={keysFor(source, query.keys)} problems={problems} onChange={(keys) => change({ keys })} />
          ) : null}
          <ExpandableSection
            headerText={query.filters.length > 0 ? `Filters (${query.filters.length})` : 'Filters'}
            headerDescription="Applied to what was read: what they leave out is paid for, too."
            defaultExpanded={query.filters.length > 0}
          >
            <FilterRows filters={query.filters} attributes={attributes} problems={problems} onChange={(filters) => change({ filters })} />
          </ExpandableSection>
          <SpaceBetween direction="horizontal" size="l">
            {query.mode === 'query' ? (
              <Checkbox checked={query.descending} onChange={({ detail }) => change({ descending: detail.checked })}>
                Sort descending
              </Checkbox>
            ) : null}
            <Checkbox
              checked={query.consistent && source?.canBeConsistent === true}
              disabled={source?.canBeConsistent !== true}
              {...(source?.canBeConsistent ? {} : { description: 'Global secondary indexes are read with eventual consistency only.' })}
              onChange={({ detail }) => change({ consistent: detail.checked })}
            >
              Strongly consistent read
            </Checkbox>
          </SpaceBetween>
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="primary" formAction="submit">
              Run
            </Button>
            <Button formAction="none" onClick={reset}>
              Reset
            </Button>
          </SpaceBetween>
        </SpaceBetween>
      </Container>
    </form>
  );
}
