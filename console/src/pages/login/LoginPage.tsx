// Logging in with an access key and its secret. They are tried on the status request: wrong ones get
// the server's own message. `tropic dev` takes any, so one click does.
//
// SPDX-License-Identifier: Apache-2.0
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState, type FormEvent } from 'react';

import { AdminClient } from '../../api/admin';
import { useGate, type Keys } from '../../api/session';
import { ErrorAlert } from '../../widgets';
import { advised } from '../../model/advice';
import { SERVER_MODE } from '../../model/mode';

const DEV_KEYS: Keys = { accessKeyId: 'tropic', secretAccessKey: 'tropic' };

export function LoginPage() {
  const { signIn } = useGate();
  const [accessKeyId, setAccessKeyId] = useState('');
  const [secretAccessKey, setSecretAccessKey] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const complete = accessKeyId.trim() !== '' && secretAccessKey !== '';

  async function tryKeys(keys: Keys) {
    setBusy(true);
    setError(null);
    try {
      await new AdminClient(keys).status();
      signIn(keys);
    } catch (problem) {
      setError(advised(problem, ''));
      setBusy(false);
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (complete && !busy) void tryKeys({ accessKeyId: accessKeyId.trim(), secretAccessKey });
  }

  return (
    <main className="tropic-login">
      <Box padding={{ vertical: 'xxl', horizontal: 'l' }}>
        <SpaceBetween size="l">
          <Box textAlign="center" variant="h1">
            <img src={`${import.meta.env.BASE_URL}icon.svg`} width="48" height="48" alt="" /> <div>Tropic</div>
          </Box>
          {SERVER_MODE === 'dev' ? (
            <Container header={<Header variant="h2">Try it</Header>}>
              <SpaceBetween size="s">
                <Box color="text-body-secondary">This server runs for development: it takes any keys.</Box>
                <Button variant="primary" fullWidth loading={busy} onClick={() => void tryKeys(DEV_KEYS)}>
                  Log in without keys
                </Button>
              </SpaceBetween>
            </Container>
          ) : null}
          <form onSubmit={submit}>
            <Container header={<Header variant="h2">Log in</Header>}>
              <Form
                actions={
                  <Button variant={SERVER_MODE === 'dev' ? 'normal' : 'primary'} formAction="submit" disabled={!complete} loading={busy}>
                    Log in
                  </Button>
                }
              >
                <SpaceBetween size="m">
                  <FormField label="Access key ID">
                    <Input
                      value={accessKeyId}
                      onChange={({ detail }) => setAccessKeyId(detail.value)}
                      autoComplete="username"
                      spellcheck={false}
                      autoFocus={SERVER_MODE !== 'dev'}
                    />
                  </FormField>
                  <FormField
                    label="Secret access key"
                    constraintText="Kept in the memory of this tab and never sent: requests are signed here."
                  >
                    <Input
                      type="password"
                      value={secretAccessKey}
                      onChange={({ detail }) => setSecretAccessKey(detail.value)}
                      autoComplete="current-password"
                    />
                  </FormField>
                  <ErrorAlert header="Could not log in" error={error} />
                </SpaceBetween>
              </Form>
            </Container>
          </form>
        </SpaceBetween>
      </Box>
    </main>
  );
}
