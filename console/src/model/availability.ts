// In which Regions a replica can be made, and why in others it cannot. The server decides when it is
// asked; this is what it would say, in words that tell what to do about it. Rules: DynamoDB's own
// (no table of that name, no provisioned table without auto scaling), and that every replica has to
// be reached for a change of the group.
//
// SPDX-License-Identifier: Apache-2.0
import type { TableDescription } from '@aws-sdk/client-dynamodb';

import type { Place, Status } from '../api/admin-types';
import { linkBetween } from './links';
import { memberRegions } from './replicas';
import { isOnDemand } from './tables';

export interface Candidate {
  place: Place;
  /** Why no replica can be made there; null: one can. */
  reason: string | null;
}

function unreachable(status: Status, here: string, there: string): string | null {
  const region = status.regions.find(({ name }) => name === there);
  if (region && region.state !== 'open') return `The Region is ${region.state}`;
  const link = linkBetween(status, here, there);
  if (!link) return `There is no link to ${here}`;
  if (link.state === 'cut') return `The link to ${here} is cut`;
  return link.state === 'down' ? `The link to ${here} is down` : null;
}

function reasonAgainst(here: string, table: TableDescription, status: Status, region: string): string | null {
  if (region === here) return 'This Region holds the table itself';
  if (memberRegions(here, table).includes(region)) return 'Has a replica already';
  const away = unreachable(status, here, region);
  if (away) return away;
  const taken = status.tables.some((one) => one.region === region && one.name === table.TableName);
  return taken ? `Has a table named ${table.TableName} that is no replica: delete it there first` : null;
}

/** All Regions that are known, those that can be chosen first. */
export function candidates(here: string, table: TableDescription, status: Status): Candidate[] {
  return status.places
    .map((place) => ({ place, reason: reasonAgainst(here, table, status, place.region) }))
    .sort((a, b) => Number(a.reason !== null) - Number(b.reason !== null));
}

/** Why this table can have no further replica now, wherever; null: it can. */
export function cannotReplicate(here: string, table: TableDescription, status: Status | undefined): string | null {
  if (!isOnDemand(table))
    return (
      'Replicas need on-demand capacity, or write capacity with auto scaling, which this server does not have. ' +
      'Switch the table to on-demand under Additional settings first.'
    );
  if (table.TableStatus !== 'ACTIVE') return `The table is ${table.TableStatus?.toLowerCase() ?? 'not ready'}: wait until it is active.`;
  const busy = table.Replicas?.find(({ ReplicaStatus }) => ReplicaStatus && ['CREATING', 'UPDATING', 'DELETING'].includes(ReplicaStatus));
  if (busy) return `The replica in ${busy.RegionName} is ${busy.ReplicaStatus?.toLowerCase()}: a global table takes one change at a time.`;
  if (!status) return null;
  const own = status.regions.find(({ name }) => name === here);
  if (own && own.state !== 'open') return `${here} is ${own.state}: start it first.`;
  const lost = memberRegions(here, table)
    .slice(1)
    .find((region) => unreachable(status, here, region));
  if (lost) return `Every replica has to accept a change, and ${lost} cannot be reached: ${unreachable(status, here, lost)?.toLowerCase()}.`;
  return null;
}
