import { randomBytes } from 'node:crypto';
import type { DashboardOptions } from '../model/dashboard.js';
import { contentSecurityPolicy } from './content-security-policy.js';

/** Stands in the built page wherever a nonce belongs, and before each of its files; see `dashboard/vite.config.mjs`. */
const NONCE = '__CSP_NONCE__';
const BUILT_BASE = '="./';

/** What the page has to know of its server; `dashboard/src/api/served-as.ts` reads it. */
export interface PageSettings extends Required<DashboardOptions> {
  /** What stands before the paths of the API as they are documented: nothing, or for example `/api`. */
  apiPrefix: string;
}

/** The built page as one answer needs it: with its addresses, its settings and a nonce of its own. */
export function pageFor(built: string, settings: PageSettings): { html: string; policy: string } {
  const nonce = randomBytes(16).toString('base64');
  const meta = `<meta name="backups-dashboard" content="${escaped(JSON.stringify(settings))}" />`;
  const html = built
    .replaceAll(BUILT_BASE, () => `="${settings.path}/`)
    .replaceAll(NONCE, () => nonce)
    .replace('</title>', (found) => `${found}\n    ${meta}`);
  return { html, policy: contentSecurityPolicy(nonce) };
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
