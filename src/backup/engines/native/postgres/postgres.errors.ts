import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { explainPostgres } from '../../dialects/postgres/postgres.failures.js';

/** What surrounds an error: where in a script it is, and rows, which are nobody's business who reads the message of a job. */
const SURROUNDINGS = /^(LOCATION|NOTICE|WARNING|HINT|QUERY|CONTEXT|LINE \d+|STATEMENT|DETAIL(?!.*depends on))\b/;
const MOST_LINES = 4;
const LONGEST_WORDS = 600;

/**
 * Says what a program's words mean for the person who reads the job.
 * @param errorOutput what it printed to standard error
 * @param exitCode -1 when a signal ended it
 */
export function explain(errorOutput: string, exitCode: number, target: ServerTarget): BackupError {
  const killed = exitCode < 0 || exitCode > 128;
  const words = shortened(errorOutput) || (killed ? 'killed' : `ended with code ${exitCode}`);
  const state = /:\s+(?=[A-Z]*\d)([0-9A-Z]{5}):/.exec(errorOutput)?.[1] ?? '';
  return (
    explainPostgres({ state, reason: words, key: /^DETAIL: .*$/m.exec(errorOutput)?.[0] }, target) ??
    new BackupError('ENGINE_FAILED', `PostgreSQL’s own program reports: ${words}. Nothing was changed.`)
  );
}

function shortened(errorOutput: string): string {
  const lines = errorOutput
    .split('\n')
    .map((line) => line.replace(/^psql:<stdin>:\d+: /, '').trim())
    .filter((line) => line !== '' && !SURROUNDINGS.test(line));
  return lines.slice(0, MOST_LINES).join(' ').slice(0, LONGEST_WORDS).replace(/\.$/, '');
}
