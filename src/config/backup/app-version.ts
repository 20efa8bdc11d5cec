import { join } from 'node:path';
import { readFileSync } from 'node:fs';

/** The version in `package.json`, which lies above both `src/` and `dist/`. */
export function appVersion(): string {
  const text = readFileSync(join(__dirname, '../../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
