/** Signing in with the form of this page, as our own backend has it. */
export interface FormSignIn {
  form: true;
}

/** Signing in with what the application around the page has: its cookies, or a token that it gives. See `src/backup/model/dashboard.ts`. */
export interface HostSignIn {
  form?: undefined;
  url?: string;
  tokenUrl?: string;
  tokenFrom?: { storage: 'localStorage' | 'sessionStorage'; key: string };
}

/** What the server has written into the page: `src/backup/dashboard/dashboard-page.ts`. */
export interface ServedAs {
  /** Address of this page, as a path. */
  path: string;
  /** What stands before the paths of the API as they are documented. */
  apiPrefix: string;
  signIn: FormSignIn | HostSignIn;
}

/** `npm run dashboard:dev` serves the page without our server, beside our own backend. */
const BY_VITE: ServedAs = { path: '/admin/backups', apiPrefix: '', signIn: { form: true } };

export const servedAs = read();

/** The address of a path of the API as it is documented. */
export const apiUrl = (path: string): URL => new URL(servedAs.apiPrefix + path, location.origin);

function read(): ServedAs {
  if (typeof document === 'undefined') return BY_VITE;
  const written = document.querySelector<HTMLMetaElement>('meta[name="backups-dashboard"]')?.content;
  return written === undefined ? BY_VITE : (JSON.parse(written) as ServedAs);
}
