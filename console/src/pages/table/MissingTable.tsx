// The address names a table that its Region does not have: deleted, mistyped, or of another Region.
// Pages of a table show it in their place.
//
// SPDX-License-Identifier: Apache-2.0
import { Link } from '../../app/navigation';
import { to } from '../../app/routes';
import { EmptyState } from '../../widgets';

interface Props {
  region: string;
  name: string;
  /** It is all that the page shows. */
  page?: boolean;
}

export function MissingTable({ region, name, page }: Props) {
  return (
    <EmptyState page={page} title={`${region} has no table ${name}`} action={<Link to={to.tables(region)}>Go to the tables</Link>}>
      It may have been deleted, or live in another Region.
    </EmptyState>
  );
}
