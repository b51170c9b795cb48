// Tags of the table in this Region.
//
// SPDX-License-Identifier: Apache-2.0
import { TagResourceCommand, UntagResourceCommand, type Tag } from '@aws-sdk/client-dynamodb';
import { useState } from 'react';

import { useSession } from '../../../api/session';
import { TagsField } from '../../../forms/TagsField';
import { useTags } from '../../../live/settings';
import { hasProblems, shown } from '../../../model/forms/problems';
import { tagChange, tagProblems, tagsOf } from '../../../model/forms/tags';
import { EmptyState, ErrorAlert } from '../../../widgets';
import { FormModal } from '../../../widgets/form-modal';
import type { TabProps } from '../tabs';
import { Setting, useSetting } from './Setting';

function EditTags({ region, table, tags, onClose }: TabProps & { tags: Tag[]; onClose: (done: boolean) => void }) {
  const { dynamodb } = useSession().clients(region);
  const [form, setForm] = useState(() => tagsOf(tags));
  const [tried, setTried] = useState(false);
  const problems = tagProblems(form);
  // Against what there is now: a second try after half of it was done asks for the rest.
  const { set, remove } = tagChange(tagsOf(tags), form);

  async function save() {
    const ResourceArn = table.TableArn;
    if (remove.length > 0) await dynamodb.send(new UntagResourceCommand({ ResourceArn, TagKeys: remove }));
    if (set.length > 0) await dynamodb.send(new TagResourceCommand({ ResourceArn, Tags: set }));
  }

  return (
    <FormModal
      title={`Tags of table ${table.TableName}`}
      action="Save changes"
      size="large"
      disabled={!hasProblems(problems) && set.length + remove.length === 0}
      run={() => {
        setTried(true);
        return hasProblems(problems) ? false : save();
      }}
      onClose={onClose}
    >
      <TagsField value={form} problemAt={shown(problems, tried)} onChange={setForm} />
    </FormModal>
  );
}

export function TagsSetting({ region, table }: TabProps) {
  const { data: tags, error } = useTags(region, table.TableArn ?? '');
  const setting = useSetting('The tags were changed');
  return (
    <Setting
      title="Tags"
      description={table.Replicas?.length ? 'Names and values of your own, for the replica in this Region alone.' : 'Names and values of your own.'}
      action={tags ? 'Edit' : undefined}
      onAction={setting.edit}
      items={tags?.map(({ Key, Value }) => [Key ?? '', Value || '(empty)'])}
    >
      <ErrorAlert error={tags ? null : error} />
      {tags?.length === 0 ? <EmptyState title="No tags">Tags help to find and sort tables by what they are for.</EmptyState> : null}
      {setting.open && tags ? <EditTags region={region} table={table} tags={tags} onClose={setting.close} /> : null}
    </Setting>
  );
}
