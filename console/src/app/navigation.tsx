// Getting about: Cloudscape's links follow the router instead of loading the page anew.
//
// SPDX-License-Identifier: Apache-2.0
import CloudscapeLink, { type LinkProps } from '@cloudscape-design/components/link';
import type { ReactNode } from 'react';
import { useHref, useNavigate, useParams } from 'react-router';

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
