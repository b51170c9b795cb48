// The application: who is logged in, which page the address means, and what all pages share. Without
// a login every address shows the login, and afterwards the page that was asked for.
//
// SPDX-License-Identifier: Apache-2.0
import { I18nProvider } from '@cloudscape-design/components/i18n';
import enMessages from '@cloudscape-design/components/i18n/messages/all.en';
import { QueryClientProvider } from '@tanstack/react-query';
import { createBrowserRouter, createRoutesFromElements, Navigate, Outlet, Route } from 'react-router';
import { RouterProvider } from 'react-router/dom';

import { SessionProvider, useGate } from '../api/session';
import { useStatus } from '../live/hooks';
import { queryClient } from '../live/query';
import { LoginPage } from '../pages/login/LoginPage';
import { FlashProvider } from './flash';
import { NotFound, Shell } from './Shell';
import { ROUTES } from './routes';
import { UnsavedProvider } from './unsaved';

/** The dashboard of the first Region that this server hosts. */
function Home() {
  const first = useStatus().data?.regions[0]?.name;
  return first ? <Navigate to={`/${first}/dashboard`} replace /> : null;
}

function Gated() {
  const { session } = useGate();
  if (!session) return <LoginPage />;
  return (
    <UnsavedProvider>
      <Outlet />
    </UnsavedProvider>
  );
}

const router = createBrowserRouter(
  createRoutesFromElements(
    <Route element={<Gated />}>
      <Route path="/" element={<Home />} />
      <Route path="/:region" element={<Shell />}>
        <Route index element={<Navigate to="dashboard" replace />} />
        {ROUTES.map(({ path, Page }) => (
          <Route key={path} path={path} element={<Page />} />
        ))}
        <Route path="*" element={<NotFound />} />
      </Route>
    </Route>,
  ),
  { basename: '/console' },
);

export function App() {
  return (
    <I18nProvider locale="en" messages={[enMessages]}>
      <QueryClientProvider client={queryClient}>
        <SessionProvider>
          <FlashProvider>
            <RouterProvider router={router} />
          </FlashProvider>
        </SessionProvider>
      </QueryClientProvider>
    </I18nProvider>
  );
}
