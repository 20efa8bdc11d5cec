import { mdiArchiveOutline, mdiCogOutline, mdiHistory, mdiViewDashboardOutline } from '@mdi/js';
import { createRouter, createWebHistory, START_LOCATION, type RouteRecordRaw } from 'vue-router';
import { servedAs } from './api/served-as.js';
import AwayPage from './shell/AwayPage.vue';
import type { Texts } from './texts/index.js';

/** What the navigation shows; a page below one of them lights up the same entry. */
export const NAVIGATION: { name: string; icon: string; text: keyof Texts['nav'] }[] = [
  { name: 'overview', icon: mdiViewDashboardOutline, text: 'overview' },
  { name: 'snapshots', icon: mdiArchiveOutline, text: 'snapshots' },
  { name: 'jobs', icon: mdiHistory, text: 'jobs' },
  { name: 'settings', icon: mdiCogOutline, text: 'settings' },
];

/** Each page is fetched when it is first opened. The server knows them by the first part of their address: src/backup/dashboard/dashboard.middleware.ts. */
const routes: RouteRecordRaw[] = [
  { path: '/', name: 'overview', component: () => import('./overview/OverviewPage.vue') },
  { path: '/jobs', name: 'jobs', component: () => import('./jobs/JobsPage.vue') },
  { path: '/settings', name: 'settings', component: () => import('./settings/SettingsPage.vue') },
  // What somebody may have been sent, or types: the dialog over the page that it belongs to.
  { path: '/restore', redirect: { name: 'overview', query: { restore: '' } } },
  {
    path: '/snapshots/:id/restore',
    redirect: ({ params: { id }, query }) => ({
      name: 'snapshot',
      params: { id: String(id) },
      query: { ...query, restore: String(id) },
    }),
  },
  { path: '/snapshots', name: 'snapshots', component: () => import('./snapshots/SnapshotsPage.vue') },
  {
    path: '/snapshots/:id',
    name: 'snapshot',
    meta: { section: 'snapshots' },
    props: true,
    component: () => import('./snapshot/SnapshotPage.vue'),
  },
  {
    path: '/snapshots/:id/tables/:table',
    name: 'rows',
    meta: { section: 'snapshots' },
    props: true,
    component: () => import('./snapshot/RowsPage.vue'),
  },
  {
    path: '/snapshots/:id/compare',
    name: 'compare',
    meta: { section: 'snapshots' },
    props: true,
    component: () => import('./snapshot/ComparePage.vue'),
  },
  // Never fetched: it has to be there when nothing can be.
  { path: '/away', name: 'away', component: AwayPage },
  { path: '/:path(.*)', name: 'not-found', component: () => import('./shell/NotFoundPage.vue') },
];

export const router = createRouter({
  history: createWebHistory(servedAs.path),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
});

// A newer version of the program no longer has the files that this page names: the page is fetched anew, at the place that was wanted.
// Where the server is away, ours says so rather than the browser's own page.
router.onError((_, to, from) => {
  if (from === START_LOCATION) return;
  const wanted = router.resolve(to).href;
  fetch(wanted, { cache: 'no-store' }).then(
    ({ ok }) => (ok ? location.assign(wanted) : showAway(to.fullPath)),
    () => showAway(to.fullPath),
  );
});

function showAway(wanted: string): void {
  void router.replace({ name: 'away', query: { wanted } });
}
