// Getting about: Cloudscape's links follow the router instead of loading the page anew.
//
// SPDX-License-Identifier: Apache-2.0
import CloudscapeLink, { type LinkProps } from '@cloudscape-design/components/link';
import type { ReactNode } from 'react';
import { useHref, useLocation, useNavigate, useParams } from 'react-router';

import type { Place } from '../api/admin-types';
import { inRegion } from './routes';

/** Of the address: the Region that the page shows. */
export function useRegion(): string {
  return useParams().region ?? '';
}

/** Of the address: the table that the page is about. */
export function useTableName(): string {
  return useParams().table ?? '';
}

interface FollowEvent {
  preventDefault(): void;
  detail: { external?: boolean };
}

/** For `onFollow` and `onClick` of Cloudscape's components. */
export function useFollow() {
  const navigate = useNavigate();
  return (path: string) => (event: FollowEvent) => {
    if (event.detail.external) return;
    event.preventDefault();
    void navigate(path);
  };
}

export function Link({ to, children, ...rest }: { to: string; children: ReactNode } & Pick<LinkProps, 'variant' | 'fontSize' | 'ariaLabel'>) {
  const follow = useFollow();
  return (
    <CloudscapeLink {...rest} href={useHref(to)} onFollow={follow(to)}>
      {children}
    </CloudscapeLink>
  );
}

/** At the console of another server: the page of this one, for the Region that the other hosts. */
export function elsewhere(console: string, region: string, pathname: string): string {
  return console.replace(/\/$/, '') + inRegion(pathname, region);
}

/** To the console of the server that hosts the Region, in a tab of its own. Nothing where it is not known. */
export function ElsewhereLink({ place, children }: { place: Place; children: ReactNode }) {
  const { pathname } = useLocation();
  if (!place.console) return null;
  return (
    <CloudscapeLink href={elsewhere(place.console, place.region, pathname)} external externalIconAriaLabel="(opens in a new tab)">
      {children}
    </CloudscapeLink>
  );
}
