// Statements: written, run, and what they gave. A statement may write, so nothing runs by itself; the
// address holds the table whose examples are offered. What was typed and found stays while somebody
// is logged in.
//
// SPDX-License-Identifier: Apache-2.0
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useSearchParams } from 'react-router';

import { useSession } from '../../api/session';
import { useRegion } from '../../app/navigation';
import { fromFields, newField, type Field, type FieldProblems } from '../../model/item/form';
import { bind, isSelect, statementsOf } from '../../model/partiql/statements';
import { PAGE_SIZE } from '../../model/query/query';
import { Run } from '../../model/query/run';
import { ErrorAlert } from '../../widgets';
import { memoryOf } from '../explore/memory';
import { askStatement, executeBatch, executeTransaction } from './execute';
import { partiqlMemory, remember, type PartiqlMemory } from './memory';
import { Found, Outcomes } from './Outcomes';
import { StatementForm, type Together } from './StatementForm';

const TABLE_PARAM = 'table';

/** As many values as there are question marks; those that were typed stay. */
function fitted(fields: Field[], wanted: number): Field[] {
  return Array.from({ length: wanted }, (_, n) => fields[n] ?? newField('S'));
}

function Editor({ region }: { region: string }) {
  const session = useSession();
  const { dynamodb } = session.clients(region);
  const memory = partiqlMemory(session, region);
  const [state, setState] = useState<PartiqlMemory>({ ...memory });
  const [params, setParams] = useSearchParams();
  const [together, setTogether] = useState<Together>('batch');
  const [problems, setProblems] = useState<FieldProblems>(new Map());
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { text, fields, history, outcome } = state;
  const statements = statementsOf(text);

  function change(some: Partial<PartiqlMemory>): void {
    Object.assign(memory, some);
    setState({ ...memory });
  }

  function setText(next: string): void {
    const wanted = statementsOf(next).reduce((sum, { parameters }) => sum + parameters, 0);
    change({ text: next, fields: fitted(memory.fields, wanted) });
  }

  async function run(): Promise<void> {
    const values = fromFields([newField('L', 'values', { children: fields })]);
    if (busy || statements.length === 0) return;
    if ('problems' in values) return setProblems(values.problems);
    setProblems(new Map());
    setError(null);
    setBusy(true);
    const bound = bind(statements, values.item.values?.L ?? []);
    try {
      if (bound.length === 1) {
        const one = new Run(askStatement(dynamodb, bound[0]!), /\bwhere\b/i.test(text), PAGE_SIZE);
        change({ history: remember(history, text), outcome: { kind: 'one', run: one, select: isSelect(statements[0]!) } });
        await one.show(1);
      } else {
        const answer = await (together === 'batch' ? executeBatch : executeTransaction)(dynamodb, bound);
        change({ history: remember(history, text), outcome: answer });
      }
    } catch (problem) {
      setError(problem);
    }
    // What the explorer has read may be out of date now.
    if (!statements.every(isSelect)) memoryOf(session).runs.each(region, (old) => old.forget());
    setBusy(false);
  }

  return (
    <SpaceBetween size="l">
      <StatementForm
        region={region}
        text={text}
        onText={setText}
        fields={fields}
        problems={problems}
        onFields={(next) => change({ fields: next })}
        statements={statements.length}
        together={together}
        onTogether={setTogether}
        history={history}
        busy={busy}
        onRun={() => void run()}
        table={params.get(TABLE_PARAM) ?? ''}
        onTable={(name) => setParams({ [TABLE_PARAM]: name }, { replace: true })}
      />
      <ErrorAlert error={error} />
      {outcome?.kind === 'one' ? <Found run={outcome.run} select={outcome.select} /> : null}
      {outcome?.kind === 'many' ? <Outcomes {...outcome} /> : null}
    </SpaceBetween>
  );
}

export default function PartiqlPage() {
  const region = useRegion();
  return (
    <ContentLayout
      header={
        <Header variant="h1" description="Read and write items with statements in the manner of SQL.">
          PartiQL editor
        </Header>
      }
    >
      <Editor key={region} region={region} />
    </ContentLayout>
  );
}
