// Every page of the console, and its address below /console. Pages are loaded when they are first
// opened.
//
// SPDX-License-Identifier: Apache-2.0
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

export interface Route {
  /** Below /:region/. */
  path: string;
  Page: LazyExoticComponent<ComponentType>;
}

export const ROUTES: Route[] = [
  { path: 'dashboard', Page: lazy(() => import('../pages/dashboard/DashboardPage')) },
  { path: 'tables', Page: lazy(() => import('../pages/tables/TablesPage')) },
  { path: 'tables/create', Page: lazy(() => import('../pages/tables/CreateTablePage')) },
  { path: 'table/:table/create-replica', Page: lazy(() => import('../pages/create-replica/CreateReplicaPage')) },
  { path: 'table/:table/:tab?', Page: lazy(() => import('../pages/table/TablePage')) },
  { path: 'explore/:table/item', Page: lazy(() => import('../pages/explore/ItemPage')) },
  { path: 'explore/:table?', Page: lazy(() => import('../pages/explore/ExplorePage')) },
  { path: 'partiql', Page: lazy(() => import('../pages/partiql/PartiqlPage')) },
  { path: 'globe', Page: lazy(() => import('../pages/globe/GlobePage')) },
  { path: 'drills', Page: lazy(() => import('../pages/drills/DrillsPage')) },
];

/** The same page of another Region. */
export const inRegion = (pathname: string, region: string): string => pathname.replace(/^\/[^/]*/, `/${region}`);

/** Addresses, by what they lead to. */
export const to = {
  dashboard: (region: string) => `/${region}/dashboard`,
  tables: (region: string) => `/${region}/tables`,
  createTable: (region: string) => `/${region}/tables/create`,
  table: (region: string, table: string, tab = 'overview') => `/${region}/table/${encodeURIComponent(table)}/${tab}`,
  createReplica: (region: string, table: string) => `/${region}/table/${encodeURIComponent(table)}/create-replica`,
  explore: (region: string, table?: string) => `/${region}/explore${table ? `/${encodeURIComponent(table)}` : ''}`,
  item: (region: string, table: string) => `/${region}/explore/${encodeURIComponent(table)}/item`,
  partiql: (region: string) => `/${region}/partiql`,
  globe: (region: string) => `/${region}/globe`,
  drills: (region: string) => `/${region}/drills`,
};
