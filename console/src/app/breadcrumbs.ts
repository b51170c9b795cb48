// The way to a page, from its address; also what the browser's tab, history and bookmarks call it.
//
// SPDX-License-Identifier: Apache-2.0
import { to } from './routes';

const NAMES: Record<string, string> = {
  dashboard: 'Dashboard',
  tables: 'Tables',
  explore: 'Explore items',
  partiql: 'PartiQL editor',
  globe: 'Globe',
  drills: 'Drills',
};

export interface Crumb {
  text: string;
  path: string;
}

export function breadcrumbs(pathname: string): Crumb[] {
  const [region = '', page = '', ...rest] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const crumbs: Crumb[] = [{ text: 'Tropic', path: to.dashboard(region) }];

  if (page === 'table') {
    const [table = '', tab] = rest;
    crumbs.push({ text: 'Tables', path: to.tables(region) }, { text: table, path: to.table(region, table) });
    if (tab === 'create-replica') crumbs.push({ text: 'Create replica', path: to.createReplica(region, table) });
  } else if (page && page !== 'dashboard') {
    crumbs.push({ text: NAMES[page] ?? page, path: `/${region}/${page}` });
    if (page === 'tables' && rest[0] === 'create') crumbs.push({ text: 'Create table', path: to.createTable(region) });
    if (page === 'explore' && rest[0]) crumbs.push({ text: rest[0], path: to.explore(region, rest[0]) });
    if (page === 'explore' && rest[1] === 'item') crumbs.push({ text: 'Item', path: to.item(region, rest[0]!) });
  }
  return crumbs;
}

/** "Orders, Tables (eu-west-1): Tropic": what tells one of many tabs comes first. */
export function documentTitle(pathname: string): string {
  const [region = ''] = pathname.split('/').filter(Boolean);
  const [home, ...way] = breadcrumbs(pathname).map(({ text }) => text);
  return `${way.length > 0 ? way.reverse().join(', ') : 'Dashboard'} (${region}): ${home}`;
}
