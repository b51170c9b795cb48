// Taking a replica away, with its data. What that means is said before, and the server's refusals
// are put into plain words after its own.
//
// SPDX-License-Identifier: Apache-2.0
import { UpdateTableCommand, type TableDescription } from '@aws-sdk/client-dynamodb';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';

import { useSession } from '../../../api/session';
import { useFlash } from '../../../app/flash';
import { useRefresh } from '../../../live/hooks';
import { withAdvice } from '../../../model/advice';
import { ConfirmByName } from '../../../widgets/confirm';

interface Props {
  region: string;
  table: TableDescription;
  target: string;
  /** Why the server will refuse, as things are now. */
  blocked: string | null;
  onClose: () => void;
}

export function DeleteReplica({ region, table, target, blocked, onClose }: Props) {
  const { dynamodb } = useSession().clients(region);
  const flash = useFlash();
  const refresh = useRefresh();
  const name = table.TableName ?? '';
  const others = (table.Replicas ?? []).filter(({ RegionName }) => RegionName !== target);
  const staying = [region, ...others.map(({ RegionName }) => RegionName)].join(', ');

  const run = () =>
    withAdvice(target, () =>
      dynamodb.send(new UpdateTableCommand({ TableName: name, ReplicaUpdates: [{ Delete: { RegionName: target } }] })),
    );

  return (
    <ConfirmByName
      title={`Delete replica in ${target}`}
      name={target}
      action="Delete"
      run={run}
      onClose={(done) => {
        if (done) {
          flash({ type: 'info', header: `The replica of ${name} in ${target} is being deleted` });
          void refresh();
        }
        onClose();
      }}
    >
      <Alert type="warning">
        The table {name} in {target} is deleted with all of its items there, and its stream. This cannot be undone.
      </Alert>
      {blocked ? <Alert type="info">{blocked}</Alert> : null}
      <Box>
        Nothing happens to the data in {staying}. Writes that {target} has accepted before still reach{' '}
        {others.length > 0 ? 'the other replicas' : region}.{' '}
        {others.length > 0 ? '' : `${name} is an ordinary table of ${region} afterwards; its stream stays on until you turn it off.`}
      </Box>
    </ConfirmByName>
  );
}
