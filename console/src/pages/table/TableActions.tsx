// What can be done with a whole table: on its page, and in the list, where one has to be chosen first.
//
// SPDX-License-Identifier: Apache-2.0
import { DeleteTableCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';

import { useSession } from '../../api/session';
import { useFlash } from '../../app/flash';
import { to } from '../../app/routes';
import { useForgetTable } from '../../live/hooks';
import { ConfirmByName } from '../../widgets/confirm';

const PATHS: Record<string, (region: string, name: string) => string> = {
  explore: to.explore,
  'create-index': (region, name) => `${to.table(region, name, 'indexes')}?create`,
  'create-replica': to.createReplica,
};

export function TableActions({ region, table }: { region: string; table: TableDescription | undefined }) {
  const { dynamodb } = useSession().clients(region);
  const navigate = useNavigate();
  const forget = useForgetTable();
  const flash = useFlash();
  const [deleting, setDeleting] = useState(false);
  const deleted = useRef<TableDescription>(undefined);
  const name = table?.TableName ?? '';
  const isProtected = table?.DeletionProtectionEnabled === true;

  return (
    <>
      <ButtonDropdown
        disabled={!table}
        disabledReason="Choose a table first"
        items={[
          { id: 'explore', text: 'Explore items' },
          { id: 'create-index', text: 'Create index' },
          { id: 'create-replica', text: 'Create replica' },
          {
            id: 'delete',
            text: 'Delete table',
            disabled: isProtected,
            ...(isProtected ? { disabledReason: 'Deletion protection is on: turn it off under Additional settings first' } : {}),
          },
        ]}
        onItemClick={({ detail }) => {
          if (detail.id === 'delete') setDeleting(true);
          else void navigate(PATHS[detail.id]!(region, name));
        }}
      >
        Actions
      </ButtonDropdown>
      {deleting ? (
        <ConfirmByName
          title={`Delete table ${name}`}
          name={name}
          action="Delete"
          run={async () => {
            deleted.current = (await dynamodb.send(new DeleteTableCommand({ TableName: name }))).TableDescription;
          }}
          onClose={(done) => {
            setDeleting(false);
            if (!done) return;
            flash({ type: 'info', header: `Table ${name} is being deleted in ${region}` });
            // In its place: the back button leads to no table that is gone.
            void navigate(to.tables(region), { replace: true });
            void forget(region, name, deleted.current);
          }}
        >
          <Alert type="warning">
            The table and all of its items in {region} are deleted. This cannot be undone.
            {table?.Replicas?.length ? ' Its replicas in other Regions stay as they are.' : ''}
          </Alert>
        </ConfirmByName>
      ) : null}
    </>
  );
}
