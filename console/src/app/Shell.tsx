// The frame around every page: top bar with the Region switcher, side navigation, messages. It also
// says when the server does not answer; the pages keep what they show and go on when it is back.
//
// SPDX-License-Identifier: Apache-2.0
import AppLayout from '@cloudscape-design/components/app-layout';
import Box from '@cloudscape-design/components/box';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import type { FlashbarProps } from '@cloudscape-design/components/flashbar';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import Spinner from '@cloudscape-design/components/spinner';
import { Suspense, useEffect, useState } from 'react';
import { Outlet, useHref, useLocation, useNavigate } from 'react-router';

import type { Status } from '../api/admin-types';
import { useStatus } from '../live/hooks';
import { useReachable } from '../live/query';
import { EmptyState } from '../widgets';
import { breadcrumbs, documentTitle } from './breadcrumbs';
import { ErrorBoundary } from './ErrorBoundary';
import { FlashMessages } from './flash';
import { ElsewhereLink, Link, useRegion, useTableName } from './navigation';
import { to } from './routes';
import { TopBar } from './TopBar';

/** Tables and the map use a large screen; lines of text do not become longer than this makes them. */
const CONTENT_WIDTH_MAX = 2600;

const AWAY: FlashbarProps.MessageDefinition = {
  type: 'warning',
  loading: true,
  id: 'away',
  header: 'The server does not answer',
  content: 'What you see is how it was. The page goes on by itself when the server is back.',
};

export function NotFound() {
  const region = useRegion();
  return (
    <EmptyState page title="There is no such page" action={<Link to={to.dashboard(region)}>Go to the dashboard</Link>}>
      The address may have been mistyped.
    </EmptyState>
  );
}

/** The address names a Region that this server does not host; another may, and have a console. */
function Elsewhere({ region, status }: { region: string; status: Status }) {
  const place = status.places.find((one) => one.region === region);
  return (
    <EmptyState
      page
      title={`${region} is not hosted here`}
      action={place ? <ElsewhereLink place={place}>Open the console of {region}</ElsewhereLink> : null}
    >
      {place ? 'Another server of this deployment hosts it. ' : 'No server of this deployment has a Region of that name. '}
      Choose another Region in the top bar.
    </EmptyState>
  );
}

/** Cloudscape's links carry whole addresses; the router wants those below /console. */
function usePathOf(): (href: string) => string {
  const root = useHref('/').replace(/\/$/, '');
  return (href) => (href.startsWith(root) ? href.slice(root.length) || '/' : href);
}

function Navigation() {
  const region = useRegion();
  const navigate = useNavigate();
  const pathOf = usePathOf();
  const root = useHref('/').replace(/\/$/, '');
  const { pathname } = useLocation();
  const dev = useStatus().data?.mode === 'dev';
  const items = [
    { text: 'Dashboard', path: to.dashboard(region) },
    { text: 'Tables', path: to.tables(region) },
    { text: 'Explore items', path: to.explore(region) },
    { text: 'PartiQL editor', path: to.partiql(region) },
    { text: 'Globe', path: to.globe(region) },
    ...(dev ? [{ text: 'Drills', path: to.drills(region) }] : []),
  ];
  const here = pathname.startsWith(`/${region}/table/`) ? to.tables(region) : pathname;
  const active = items.map(({ path }) => path).filter((path) => here === path || here.startsWith(`${path}/`))[0];

  return (
    <SideNavigation
      header={{ text: 'Tropic', href: root + to.dashboard(region) }}
      activeHref={active ? root + active : ''}
      items={items.map(({ text, path }) => ({ type: 'link' as const, text, href: root + path }))}
      onFollow={(event) => {
        event.preventDefault();
        void navigate(pathOf(event.detail.href));
      }}
    />
  );
}

export function Shell() {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const pathOf = usePathOf();
  const root = useHref('/').replace(/\/$/, '');
  const reachable = useReachable();
  const region = useRegion();
  const table = useTableName();
  const { data: status } = useStatus();
  const [navigationOpen, setNavigationOpen] = useState(window.innerWidth > 900);
  const stopped = status?.regions.find(({ name, state }) => name === region && state !== 'open');
  const unknown = status && !status.regions.some(({ name }) => name === region);
  const notes: FlashbarProps.MessageDefinition[] = [];
  const title = documentTitle(pathname);
  useEffect(() => {
    document.title = title;
    return () => {
      document.title = 'Tropic'; // of the login
    };
  }, [title]);

  if (!reachable) notes.push(AWAY);
  else if (stopped)
    notes.push({
      type: 'warning',
      id: 'stopped',
      header: `${region} is ${stopped.state}`,
      content: 'Its tables cannot be read or written here until it is started again. Other Regions serve on.',
    });

  return (
    <>
      <div id="tropic-top">
        <TopBar />
      </div>
      <AppLayout
        headerSelector="#tropic-top"
        maxContentWidth={CONTENT_WIDTH_MAX}
        toolsHide
        navigationOpen={navigationOpen}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        navigation={<Navigation />}
        notifications={<FlashMessages first={notes} />}
        stickyNotifications
        breadcrumbs={
          <BreadcrumbGroup
            items={breadcrumbs(pathname).map(({ text, path }) => ({ text, href: root + path }))}
            onFollow={(event) => {
              event.preventDefault();
              void navigate(pathOf(event.detail.href));
            }}
          />
        }
        content={
          unknown ? (
            <Elsewhere region={region} status={status} />
          ) : (
            // A page begins anew for another Region or table, but not for another tab of the same.
            <ErrorBoundary key={`${region} ${table}`} at={pathname}>
              <Suspense
                fallback={
                  <Box textAlign="center" padding="xxl">
                    <Spinner size="large" />
                  </Box>
                }
              >
                <Outlet />
              </Suspense>
            </ErrorBoundary>
          )
        }
      />
    </>
  );
}
