// The top bar: the Region switcher, how the page looks, who is logged in.
//
// SPDX-License-Identifier: Apache-2.0
import type { ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import TopNavigation from '@cloudscape-design/components/top-navigation';
import { useHref, useLocation, useNavigate } from 'react-router';

import type { Place } from '../api/admin-types';
import { useSession } from '../api/session';
import { useStatus } from '../live/hooks';
import { queryClient } from '../live/query';
import { elsewhere, useRegion } from './navigation';
import { setPreferences, usePreferences, type Theme } from './preferences';
import { inRegion, to } from './routes';
import { useLeaving } from './unsaved';

const THEMES: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' };

/** `pathname` of the page that is shown: the switch leads to the same page of the other Region. */
function regionItem(place: Place, state: string | undefined, pathname: string): ButtonDropdownProps.Item {
  const name = place.place ? `${place.place} ${place.region}` : place.region;
  if (place.hosted)
    return { id: place.region, text: name, ...(state && state !== 'open' ? { description: state } : {}) };
  return place.console
    ? { id: place.region, text: name, href: elsewhere(place.console, place.region, pathname), external: true, externalIconAriaLabel: '(opens in a new tab)' }
    : { id: place.region, text: name, disabled: true, disabledReason: 'Hosted by another server, which has a console of its own' };
}

export function TopBar() {
  const { keys, signOut } = useSession();
  const { data: status } = useStatus();
  const region = useRegion();
  const navigate = useNavigate();
  const leave = useLeaving();
  const { pathname } = useLocation();
  const root = useHref('/').replace(/\/$/, '');
  const { theme, compact } = usePreferences();
  const regions = (status?.places ?? []).map((place) =>
    regionItem(place, status?.regions.find(({ name }) => name === place.region)?.state, pathname),
  );

  return (
    <TopNavigation
      identity={{ href: root + to.dashboard(region), title: 'Tropic', logo: { src: `${root}/icon.svg`, alt: 'Home' }, onFollow: (event) => {
        event.preventDefault();
        void navigate(to.dashboard(region));
      } }}
      utilities={[
        {
          type: 'menu-dropdown',
          text: region,
          ariaLabel: `Region: ${region}`,
          iconName: 'globe',
          items: regions,
          onItemClick: ({ detail }) => {
            if (!detail.external) void navigate(inRegion(pathname, detail.id));
          },
        },
        {
          type: 'menu-dropdown',
          iconName: 'settings',
          ariaLabel: 'Settings',
          title: 'Settings',
          items: [
            ...(Object.keys(THEMES) as Theme[]).map((id) => ({
              id,
              text: THEMES[id],
              itemType: 'checkbox' as const,
              checked: theme === id,
            })),
            { id: 'compact', text: 'Compact', itemType: 'checkbox' as const, checked: compact },
          ],
          onItemClick: ({ detail }) =>
            detail.id === 'compact' ? setPreferences({ compact: !compact }) : setPreferences({ theme: detail.id as Theme }),
        },
        {
          type: 'menu-dropdown',
          text: keys.accessKeyId,
          iconName: 'user-profile',
          ariaLabel: `Logged in with access key ${keys.accessKeyId}`,
          items: [{ id: 'sign-out', text: 'Log out' }],
          onItemClick: () =>
            leave(() => {
              queryClient.clear();
              signOut();
            }),
        },
      ]}
    />
  );
}
