// Create table: its name and key, default or custom settings, tags. What is wrong is said while it
// is typed; what the server refuses is said in the form, which keeps everything.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tiles from '@cloudscape-design/components/tiles';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useHref, useNavigate } from 'react-router';

import { failureOf } from '../../api/errors';
import { useSession } from '../../api/session';
import { useFlash } from '../../app/flash';
import { useFollow, useRegion } from '../../app/navigation';
import { to } from '../../app/routes';
import { useUnsaved } from '../../app/unsaved';
import { KeyAttributeField } from '../../forms/KeyAttributeField';
import { TagsField } from '../../forms/TagsField';
import { focusFirstInvalid } from '../../forms/focus';
import { useRefresh } from '../../live/hooks';
import { createTableInput, createTableProblems, newCreateTable, timeToLiveOf, type CreateTableForm } from '../../model/forms/create-table';
import { below, hasProblems, shown, type ProblemAt } from '../../model/forms/problems';
import { ErrorAlert } from '../../widgets';
import { createTable, StepError, type Step } from './create';
import { CreateTableProgress } from './CreateTableProgress';
import { DefaultSettings } from './DefaultSettings';
import { SettingsFields } from './SettingsFields';

interface PartProps {
  form: CreateTableForm;
  problemAt: ProblemAt;
  put: (change: Partial<CreateTableForm>) => void;
}

function Details({ form, problemAt, put }: PartProps) {
  return (
    <Container
      header={
        <Header variant="h2" description="A table is found by its name, and each of its items by its key. Neither can be changed later.">
          Table details
        </Header>
      }
    >
      <SpaceBetween size="l">
        <FormField
          label="Table name"
          constraintText="3 to 255 characters: a-z, A-Z, 0-9, _ (underscore), - (hyphen) and . (dot)."
          errorText={problemAt('name')}
        >
          <Input
            value={form.name}
            placeholder="Orders"
            autoFocus
            autoComplete={false}
            spellcheck={false}
            onChange={({ detail }) => put({ name: detail.value })}
          />
        </FormField>
        <KeyAttributeField
          label="Partition key"
          ariaLabel="Partition key"
          description="Items are spread over the table by it. Without a sort key, it tells items apart."
          constraint="1 to 255 bytes; case matters."
          placeholder="CustomerId"
          value={form.partition}
          error={problemAt('partition.0')}
          onChange={(partition) => put({ partition })}
        />
        <KeyAttributeField
          label={<span>Sort key <i>- optional</i></span>}
          ariaLabel="Sort key"
          description="Items with the same partition key are kept in its order."
          placeholder="OrderedAt"
          value={form.sort}
          error={problemAt('sort.0')}
          onChange={(sort) => put({ sort })}
        />
      </SpaceBetween>
    </Container>
  );
}

function Settings({ form, problemAt, put }: PartProps) {
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Table settings</Header>}>
        <SpaceBetween size="l">
          <Tiles
            ariaLabel="Table settings"
            value={form.customized ? 'customize' : 'default'}
            onChange={({ detail }) => put({ customized: detail.value === 'customize' })}
            items={[
              { value: 'default', label: 'Default settings', description: 'The quickest way. The table is on-demand, so it can become global at any time.' },
              { value: 'customize', label: 'Customize settings', description: 'Choose capacity, indexes, the stream and more now.' },
            ]}
          />
          {form.customized ? null : <DefaultSettings />}
        </SpaceBetween>
      </Container>
      {form.customized ? <SettingsFields form={form} problemAt={problemAt} onChange={(settings) => put({ settings })} /> : null}
    </SpaceBetween>
  );
}

/** Runs the steps and says how they end, also when the page has been left meanwhile. */
function useCreation(region: string, form: CreateTableForm) {
  const { dynamodb } = useSession().clients(region);
  const navigate = useNavigate();
  const refresh = useRefresh();
  const flash = useFlash();
  const here = useRef(true);
  const [step, setStep] = useState<Step | null>(null);
  const [failure, setFailure] = useState<StepError | null>(null);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);

  async function run(from: Step = 'create') {
    const name = form.name;
    setFailure(null);
    try {
      await createTable(dynamodb, createTableInput(form), timeToLiveOf(form), setStep, from);
      flash({ type: 'success', header: `Table ${name} was created in ${region}` });
      if (here.current) void navigate(to.tables(region));
    } catch (problem) {
      const failed = problem instanceof StepError ? problem : new StepError('create', problem);
      setFailure(failed);
      if (failed.step === 'create') setStep(null);
      if (!here.current) {
        const { code, message } = failureOf(failed.reason);
        const what = failed.step === 'create' ? 'was not created' : 'was created, but its items do not expire';
        flash({ type: 'error', header: `Table ${name} ${what}`, content: `${code}: ${message}` });
      }
    }
    void refresh();
  }

  return { step, failure, run };
}

export default function CreateTablePage() {
  const region = useRegion();
  const follow = useFollow();
  const tablesHref = useHref(to.tables(region));
  const [form, setForm] = useState(newCreateTable);
  const [tried, setTried] = useState(false);
  const { step, failure, run } = useCreation(region, form);
  // Once it is under way it goes on by itself, and the page may be left.
  useUnsaved(() => step === null && JSON.stringify(form) !== JSON.stringify(newCreateTable()));
  const problems = createTableProblems(form);
  const problemAt = shown(problems, tried);
  const put = (change: Partial<CreateTableForm>) => setForm((now) => ({ ...now, ...change }));
  const timeToLive = timeToLiveOf(form);
  const refused = failure?.step === 'create' ? failure.reason : null;
  const incomplete = tried && hasProblems(problems);

  function submit(event: FormEvent) {
    event.preventDefault();
    setTried(true);
    if (hasProblems(problems)) focusFirstInvalid(event.currentTarget as HTMLFormElement);
    else if (step === null) void run();
  }

  if (timeToLive !== null && step !== null && step !== 'create')
    return <CreateTableProgress region={region} name={form.name} timeToLive={timeToLive} at={step} failure={failure} onRetry={() => void run(failure?.step)} />;
  return (
    <ContentLayout header={<Header variant="h1" description={`A new table in ${region}.`}>Create table</Header>}>
      <form noValidate onSubmit={submit}>
        <Form
          errorText={incomplete ? 'Some fields need your attention: see the messages beside them.' : undefined}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button formAction="none" variant="link" href={tablesHref} onFollow={follow(to.tables(region))}>
                Cancel
              </Button>
              <Button variant="primary" loading={step !== null} loadingText="Creating the table">
                Create table
              </Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            <Details form={form} problemAt={problemAt} put={put} />
            <Settings form={form} problemAt={problemAt} put={put} />
            <Container header={<Header variant="h2" description="Names and values of your own, to find and sort tables by.">Tags</Header>}>
              <TagsField value={form.tags} problemAt={below(problemAt, 'tags')} onChange={(tags) => put({ tags })} />
            </Container>
            {refused && !incomplete ? (
              <Box>
                <ErrorAlert header="The table was not created" error={refused} />
              </Box>
            ) : null}
          </SpaceBetween>
        </Form>
      </form>
    </ContentLayout>
  );
}
