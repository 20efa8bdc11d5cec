import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { explainMysql, meaningOf } from '../../dialects/mysql/mysql.meanings.js';

const LONGEST_WORDS = 600;

/**
 * Says what a program's words mean for the person who reads the job.
 * @param errorOutput what it printed to standard error
 * @param exitCode -1 when a signal ended it
 */
export function explain(errorOutput: string, exitCode: number, target: ServerTarget): BackupError {
  const killed = exitCode < 0 || exitCode > 128;
  const words = shortened(errorOutput) || (killed ? 'killed' : `ended with code ${exitCode}`);
  const [, first, last] = /\berror:? (\d{4})\b|\((\d{4})\)$/im.exec(words) ?? [];
  const number = Number(first ?? last);
  const meaning = meaningOf({ number });
  if (meaning) return explainMysql(meaning, { number, reason: words }, target);
  return new BackupError('ENGINE_FAILED', `The database’s own program reports: ${words}.`);
}

/** Without the statement that failed, which may be full of somebody's rows. */
const shortened = (errorOutput: string): string =>
  errorOutput
    .split('\n')
    .filter((line) => /^(ERROR|mariadb|mysql|Killed)/.test(line))
    .slice(0, 3)
    .join(' ')
    .slice(0, LONGEST_WORDS)
    .replace(/\.$/, '');
