import type { DashboardOptions, DashboardSignIn, FormSignIn } from './model/dashboard.js';
import { checkOptions, invalidOptions, isObject, text, type Check } from './option-checks.js';

const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+$/;

const path: Check = (value) =>
  typeof value === 'string' && PATH.test(value)
    ? undefined
    : "must be a path such as '/admin/backups': it begins with '/', does not end with one, and has only letters, digits, '.', '_', '~' and '-' between";

/** `//host` and `/\host` lead a browser elsewhere, also with a tab or a line break between. */
const ownAddress: Check = (value) =>
  typeof value === 'string' && /^\/(?![/\\])[^\s\p{Cc}]*$/u.test(value)
    ? undefined
    : "must be an address of the same origin, such as '/login': a path that begins with one '/'";

const object: Check = (value) => (isObject(value) ? undefined : 'must be an object');

const DASHBOARD: Record<keyof DashboardOptions, Check> = { path, signIn: object };
const SIGN_IN: Record<keyof DashboardSignIn, Check> = { url: ownAddress, tokenUrl: ownAddress, tokenFrom: object };
const TOKEN_FROM: Record<keyof NonNullable<DashboardSignIn['tokenFrom']>, Check> = {
  storage: (value) =>
    value === 'localStorage' || value === 'sessionStorage' ? undefined : "must be 'localStorage' or 'sessionStorage'",
  key: text,
};

/** @throws BackupError `CONFIG_INVALID` naming the option */
export function dashboardOptions(options: DashboardOptions): Required<DashboardOptions> {
  if (!isObject(options)) throw invalidOptions('"dashboard" must be an object such as { path: \'/admin/backups\' }.');
  checkOptions(options, DASHBOARD, 'dashboard.', ['path']);
  const { form, ...signIn } = (options.signIn ?? {}) as FormSignIn;
  checkOptions(signIn, SIGN_IN, 'dashboard.signIn.', []);
  if (signIn.tokenFrom) checkOptions(signIn.tokenFrom, TOKEN_FROM, 'dashboard.signIn.tokenFrom.', ['storage', 'key']);
  if (signIn.tokenUrl !== undefined && signIn.tokenFrom)
    throw invalidOptions('"dashboard.signIn" has both "tokenUrl" and "tokenFrom"; name one of them.');
  return { path: options.path, signIn: form === undefined ? signIn : ({ form } as FormSignIn) };
}
