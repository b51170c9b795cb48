// Which table: a list at the side, or on a narrow screen a select.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import TextFilter from '@cloudscape-design/components/text-filter';
import { useState } from 'react';
import { useNavigate } from 'react-router';

import { Link } from '../../app/navigation';
import { to } from '../../app/routes';
import { counted } from '../../model/units';
import { EmptyState } from '../../widgets';

interface Props {
  region: string;
  names: string[];
  /** '' while none is chosen. */
  chosen: string;
}

/** More are found by their name. */
const LISTED = 100;

export function TableSelect({ region, names, chosen }: Props) {
  const navigate = useNavigate();
  return (
    <FormField label="Table">
      <Select
        selectedOption={chosen ? { value: chosen, label: chosen } : null}
        options={names.map((name) => ({ value: name, label: name }))}
        filteringType="auto"
        filteringAriaLabel="Find tables by name"
        placeholder="Choose a table"
        empty="No tables"
        onChange={({ detail }) => void navigate(to.explore(region, detail.selectedOption.value))}
      />
    </FormField>
  );
}

export function TableList({ region, names, chosen }: Props) {
  const [text, setText] = useState('');
  const found = names.filter((name) => name.toLowerCase().includes(text.toLowerCase()));
  const listed = found.slice(0, LISTED);
  return (
    <Container header={<Header variant="h2" counter={`(${names.length})`}>Tables</Header>}>
      <SpaceBetween size="s">
        <TextFilter
          filteringText={text}
          filteringPlaceholder="Find tables by name"
          filteringAriaLabel="Find tables by name"
          onChange={({ detail }) => setText(detail.filteringText)}
        />
        {listed.length === 0 ? (
          <EmptyState title="No table has that name" />
        ) : (
          <nav aria-label="Tables">
            <ul className="tropic-explore-tables">
              {listed.map((name) => (
                <li key={name} aria-current={name === chosen ? 'page' : undefined}>
                  <Link to={to.explore(region, name)}>{name}</Link>
                </li>
              ))}
            </ul>
          </nav>
        )}
        {found.length > listed.length ? (
          <Box color="text-body-secondary">{counted(found.length - listed.length, 'more table')}: find them by name</Box>
        ) : null}
      </SpaceBetween>
    </Container>
  );
}
