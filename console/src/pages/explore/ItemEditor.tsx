// One item, being made or changed: the form or its JSON, and saving.
//
// SPDX-License-Identifier: Apache-2.0
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState, type FormEvent } from 'react';

import { useSession } from '../../api/session';
import { useUnsaved } from '../../app/unsaved';
import { keyOf, type Item } from '../../model/item/attribute';
import { changesBetween, conflictsOf, rebase, type Change } from '../../model/item/changes';
import { newField } from '../../model/item/form';
import type { KeyPart } from '../../model/tables';
import { ErrorAlert } from '../../widgets';
import { AddOf, FieldRows } from '../../widgets/items/FieldRows';
import { ConflictAlert } from './ConflictAlert';
import { createItem, updateItem } from './saving';
import { useDraft, type DraftView } from './useDraft';

interface Props {
  region: string;
  table: string;
  parts: KeyPart[];
  /** As it was read; null while it is made. */
  item: Item | null;
  /** What a new one begins with. */
  start: Item;
  onSaved: (item: Item, made: boolean) => void;
  onCancel: () => void;
}

interface Met {
  changes: Change[];
  theirs: Item | null;
}

const VIEWS: { id: DraftView; text: string }[] = [
  { id: 'form', text: 'Form' },
  { id: 'dynamodb', text: 'DynamoDB JSON' },
  { id: 'plain', text: 'Plain JSON' },
];
const TEXT_ROWS = 24;

export function ItemEditor({ region, table, parts, item, start, onSaved, onCancel }: Props) {
  const { dynamodb } = useSession().clients(region);
  // Moves on when somebody else's version is taken as the one to change.
  const [loaded, setLoaded] = useState(item);
  const draft = useDraft(start, parts, loaded && keyOf(loaded, parts));
  const allSaved = useUnsaved(() => draft.differsFrom(loaded ?? start));
  const [replace, setReplace] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [met, setMet] = useState<Met | null>(null);
  const [unchanged, setUnchanged] = useState(false);
  const taken = error instanceof ConditionalCheckFailedException;

  function done(saved: Item, made: boolean): void {
    allSaved();
    onSaved(saved, made);
  }

  async function change(from: Item, mine: Item): Promise<void> {
    const changes = changesBetween(from, mine);
    if (changes.length === 0) return setUnchanged(true);
    const answer = await updateItem(dynamodb, table, from, changes, parts);
    if ('saved' in answer) return done(answer.saved, false);
    if (answer.theirs === null || conflictsOf(changes, answer.theirs).length > 0) return setMet({ changes, theirs: answer.theirs });
    // They made the very same change to what both changed: what is left is only mine.
    setLoaded(answer.theirs);
    await change(answer.theirs, rebase(changes, answer.theirs, 'mine'));
  }

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const mine = draft.take();
    if (!mine || busy) return;
    setBusy(true);
    setError(null);
    setMet(null);
    setUnchanged(false);
    try {
      if (loaded) await change(loaded, mine);
      else {
        await createItem(dynamodb, table, mine, parts, replace);
        done(mine, true);
      }
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  }

  function keep(whose: 'mine' | 'theirs'): void {
    if (!met) return;
    setMet(null);
    setLoaded(met.theirs);
    if (met.theirs) draft.put(rebase(met.changes, met.theirs, whose));
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <SpaceBetween size="l">
        <Container
          header={
            <SegmentedControl
              label="Show the item as"
              selectedId={draft.view}
              options={VIEWS}
              onChange={({ detail }) => draft.show(detail.selectedId as DraftView)}
            />
          }
        >
          {draft.view === 'form' ? (
            <SpaceBetween size="m">
              {draft.problem ? <Alert type="info">{draft.problem}</Alert> : null}
              <FieldRows fields={draft.fields} problems={draft.problems} onChange={draft.setFields} keys={parts} fixed={loaded !== null} />
              <AddOf text="Add attribute" label="to the item" onAdd={(type) => draft.setFields([...draft.fields, newField(type)])} />
            </SpaceBetween>
          ) : (
            <div className="tropic-code">
              <FormField
                label={draft.view === 'plain' ? 'Item in plain JSON' : 'Item in DynamoDB JSON'}
                description={
                  draft.view === 'plain'
                    ? 'Numbers keep all their digits. Sets and binary need DynamoDB JSON.'
                    : 'Every value names its type: {"S": "text"}, {"N": "1.5"}, {"B": "base64"}.'
                }
                errorText={draft.problem}
                stretch
              >
                <Textarea
                  value={draft.text}
                  rows={Math.min(TEXT_ROWS, draft.text.split('\n').length + 2)}
                  spellcheck={false}
                  disableBrowserAutocorrect
                  onChange={({ detail }) => draft.setText(detail.value)}
                />
              </FormField>
            </div>
          )}
        </Container>
        {loaded ? null : (
          <Checkbox
            checked={replace}
            description="Without this, an item that is there already is kept, and you are told."
            onChange={({ detail }) => setReplace(detail.checked)}
          >
            Replace an item that has the same key
          </Checkbox>
        )}
        {unchanged ? <Alert type="info">Nothing was changed: there is nothing to save.</Alert> : null}
        {met ? <ConflictAlert conflicts={met.theirs && conflictsOf(met.changes, met.theirs)} onKeep={keep} /> : null}
        <ErrorAlert error={error} {...(taken ? { header: 'There is an item with this key already' } : {})} />
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" formAction="none" onClick={onCancel}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={met !== null} formAction="submit">
              {loaded ? 'Save changes' : 'Create item'}
            </Button>
          </SpaceBetween>
        </Box>
      </SpaceBetween>
    </form>
  );
}
