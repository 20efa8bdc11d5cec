/** Where the dashboard is served, and how people sign in to it: `BackupModule.forRoot({ …, dashboard: { path: '/admin/backups' } })`. */
export interface DashboardOptions {
  /** Address of the page as the browser sees it: neither the global prefix nor a version is put before it. Begins with `/` and does not end with one. */
  path: string;
  /** How the page proves to the guards who asks. @default the cookies of the application, without a link to sign in */
  signIn?: DashboardSignIn;
}

/**
 * How people sign in to the dashboard: with the cookies of the application, which the browser sends, or with a token from `tokenUrl` or `tokenFrom`, which the page sends
 * as `Authorization: Bearer …`. All addresses are paths of the same origin.
 */
export interface DashboardSignIn {
  /**
   * Page of the application where people sign in. Whoever is not signed in gets a link to it, with the address to come back to in the query parameter `return_to`.
   * @default no link, only a sentence
   */
  url?: string;
  /**
   * Answers `GET` with `{ "token": "…" }` to whoever is signed in by a cookie, and 401 to others. It is asked again when a token is refused.
   * @default no token is sent
   */
  tokenUrl?: string;
  /** Where a page of the application keeps its access token: the text itself, without quotes. @default no token is sent */
  tokenFrom?: { storage: 'localStorage' | 'sessionStorage'; key: string };
}

/** Of our own backend alone: the page asks for mail address and password itself, and sends them to `POST /auth/login`. */
export interface FormSignIn extends DashboardSignIn {
  form: true;
}
