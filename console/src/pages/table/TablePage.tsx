// One table: its state on top, and its tabs. The address says which tab, so that it can be sent to
// somebody and the back button works.
//
// SPDX-License-Identifier: Apache-2.0
import Button from '@cloudscape-design/components/button';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Tabs from '@cloudscape-design/components/tabs';
import { Suspense } from 'react';
import { Navigate, useHref, useNavigate, useParams } from 'react-router';

import { useFollow, useRegion, useTableName } from '../../app/navigation';
import { to } from '../../app/routes';
import { useTable } from '../../live/hooks';
import { ErrorAlert } from '../../widgets';
import { TableStatus } from '../tables/TableStatus';
import { MissingTable } from './MissingTable';
import { TABS } from './tabs';
import { TableActions } from './TableActions';

export default function TablePage() {
  const region = useRegion();
  const name = useTableName();
  const { tab = TABS[0]!.id } = useParams();
  const navigate = useNavigate();
  const follow = useFollow();
  const exploreHref = useHref(to.explore(region, name));
  const { data: table, error, isPending } = useTable(region, name);

  if (!TABS.some(({ id }) => id === tab)) return <Navigate to={to.table(region, name)} replace />;
  if (isPending) return <Spinner size="large" />;
  if (table === null) return <MissingTable region={region} name={name} page />;
  if (!table) return <ErrorAlert header="The table could not be described" error={error} />;
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          info={<TableStatus region={region} table={table} />}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <TableActions region={region} table={table} />
              <Button variant="primary" href={exploreHref} onFollow={follow(to.explore(region, name))}>
                Explore table items
              </Button>
            </SpaceBetween>
          }
        >
          {name}
        </Header>
      }
    >
      <Tabs
        activeTabId={tab}
        onChange={({ detail }) => void navigate(to.table(region, name, detail.activeTabId))}
        tabs={TABS.map(({ id, label, Tab }) => ({
          id,
          label,
          content:
            id === tab ? (
              <Suspense fallback={<Spinner />}>
                <Tab region={region} table={table} />
              </Suspense>
            ) : null,
        }))}
      />
    </ContentLayout>
  );
}
