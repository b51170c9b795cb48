// The secondary indexes of a new table: as many forms as there are to be indexes.
//
// SPDX-License-Identifier: Apache-2.0
import type { BillingMode } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';

import { newIndex, type IndexForm } from '../model/forms/indexes';
import type { KeyAttribute } from '../model/forms/keys';
import { below, type ProblemAt } from '../model/forms/problems';
import { GLOBAL_INDEXES_MAX, LOCAL_INDEXES_MAX } from '../model/limits';
import { IndexFields } from './IndexFields';

interface Props {
  value: IndexForm[];
  mode: BillingMode;
  tablePartition: KeyAttribute;
  hasSortKey: boolean;
  problemAt: ProblemAt;
  onChange: (value: IndexForm[]) => void;
}

export function IndexesField({ value, mode, tablePartition, hasSortKey, problemAt, onChange }: Props) {
  const locals = value.filter(({ scope }) => scope === 'local').length;
  const all = problemAt('all');
  const noLocal = !hasSortKey ? 'Give the table a sort key first' : locals >= LOCAL_INDEXES_MAX ? `A table has at most ${LOCAL_INDEXES_MAX} local indexes` : undefined;
  const noGlobal = value.length - locals >= GLOBAL_INDEXES_MAX ? `A table has at most ${GLOBAL_INDEXES_MAX} global indexes` : undefined;

  return (
    <SpaceBetween size="m">
      {value.length === 0 ? (
        <Box color="text-body-secondary">
          None yet. A global index can be added later as well; a local index, which shares the partition key of the table, only now.
        </Box>
      ) : null}
      {value.map((index, at) => (
        <Container
          key={index.id}
          header={
            <Header
              variant="h3"
              actions={
                <Button formAction="none" ariaLabel={`Remove index ${index.name || at + 1}`} onClick={() => onChange(value.filter(({ id }) => id !== index.id))}>
                  Remove
                </Button>
              }
            >
              {index.scope === 'global' ? 'Global' : 'Local'} index {index.name}
            </Header>
          }
        >
          <IndexFields
            value={index}
            mode={mode}
            tablePartition={tablePartition}
            problemAt={below(problemAt, String(at))}
            onChange={(changed) => onChange(value.map((one) => (one.id === index.id ? changed : one)))}
          />
        </Container>
      ))}
      {all ? <Alert type="error">{all}</Alert> : null}
      <SpaceBetween direction="horizontal" size="xs">
        <Button formAction="none" disabled={noGlobal !== undefined} disabledReason={noGlobal} onClick={() => onChange([...value, newIndex('global')])}>
          Create global index
        </Button>
        <Button formAction="none" disabled={noLocal !== undefined} disabledReason={noLocal} onClick={() => onChange([...value, newIndex('local')])}>
          Create local index
        </Button>
      </SpaceBetween>
    </SpaceBetween>
  );
}
