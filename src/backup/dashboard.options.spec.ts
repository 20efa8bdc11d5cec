import { describe, expect, it } from 'vitest';
import { dashboardOptions } from './dashboard.options.js';
import type { DashboardOptions } from './model/dashboard.js';

const path = '/admin/backups';
const parsed = (options: unknown) => dashboardOptions(options as DashboardOptions);

describe('the options of the dashboard', () => {
  it.each([
    [{ path }, { path, signIn: {} }],
    [{ path: '/~ops/backups-1.0' }, { path: '/~ops/backups-1.0', signIn: {} }],
    [
      { path, signIn: { url: '/login?area=backups', tokenUrl: '/auth/backup-token' } },
      { path, signIn: { url: '/login?area=backups', tokenUrl: '/auth/backup-token' } },
    ],
    [
      { path, signIn: { tokenFrom: { storage: 'sessionStorage', key: 'access_token' } } },
      { path, signIn: { tokenFrom: { storage: 'sessionStorage', key: 'access_token' } } },
    ],
  ])('may be %j', (options, resolved) => {
    expect(parsed(options)).toEqual(resolved);
  });

  it.each([
    [null, /"dashboard" must be an object such as \{ path: '\/admin\/backups' \}/],
    [true, /"dashboard" must be an object/],
    [{}, /"dashboard\.path" is missing/],
    [{ path, title: 'Ours' }, /"dashboard\.title" is not an option; known options: path, signIn\./],
    [{ path, signIn: 'cookie' }, /"dashboard\.signIn" must be an object/],
    [
      { path, signIn: { link: '/' } },
      /"dashboard\.signIn\.link" is not an option; known options: url, tokenUrl, tokenFrom\./,
    ],
    [
      { path, signIn: { tokenFrom: { storage: 'cookie', key: 'a' } } },
      /"dashboard\.signIn\.tokenFrom\.storage" must be 'localStorage' or/,
    ],
    [{ path, signIn: { tokenFrom: { storage: 'localStorage' } } }, /"dashboard\.signIn\.tokenFrom\.key" is missing/],
    [
      { path, signIn: { tokenUrl: '/token', tokenFrom: { storage: 'localStorage', key: 'a' } } },
      /has both "tokenUrl" and "tokenFrom"; name one/,
    ],
  ])('may not be %j', (options, complaint) => {
    expect(() => parsed(options)).toThrow(complaint);
  });

  it.each([
    '',
    '/',
    'admin',
    '/admin/',
    '//admin',
    '/a//b',
    '/a/../b',
    '/.',
    '/a?b',
    '/a#b',
    '/a b',
    '/:id',
    '/*all',
    '/a\n',
  ])('have no path %j', (wrong) => {
    expect(() => parsed({ path: wrong })).toThrow(/"dashboard\.path" must be a path such as '\/admin\/backups'/);
  });

  it.each([
    'login',
    '//elsewhere.example',
    '/\\elsewhere.example',
    '/\t/elsewhere.example',
    'https://elsewhere.example',
    'javascript:0',
  ])('lead nowhere else: %j', (wrong) => {
    for (const name of ['url', 'tokenUrl'])
      expect(() => parsed({ path, signIn: { [name]: wrong } })).toThrow(
        `"dashboard.signIn.${name}" must be an address of the same origin`,
      );
  });
});
