import { BackupError, type BackupErrorCode } from '../../../model/errors.js';

interface Meaning {
  code: BackupErrorCode;
  /** Of the server, or of the client library. */
  numbers: number[];
  advice: string;
}

/** https://mariadb.com/kb/en/mariadb-error-codes/ and https://dev.mysql.com/doc/mysql-errors/8.0/en/ */
const MEANINGS: Meaning[] = [
  {
    code: 'DATABASE_LOCKED',
    numbers: [1205, 1213],
    advice: 'Try again, or find the transaction that stays open.',
  },
  { code: 'DISK_FULL', numbers: [1021, 1114], advice: 'Free some space on the server and try again.' },
  {
    code: 'DATABASE_UNAVAILABLE',
    numbers: [1045, 1049, 1698],
    advice: 'Check user, password and name of the database URL.',
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    numbers: [1040, 1053, 1129, 1130, 1203, 1226, 1317, 1927, 2002, 2003, 2005, 2006, 2013, 2026, 2055],
    advice: 'Check that the server runs and can be reached, then try again.',
  },
  {
    code: 'UNSUPPORTED',
    numbers: [1044, 1142, 1143, 1227, 1370],
    advice: 'Give the user of the database URL the right that it lacks.',
  },
  {
    code: 'CONSTRAINT_VIOLATION',
    numbers: [1048, 1062, 1451, 1452, 4025],
    advice: 'The database does not accept the rows.',
  },
];

const LONGEST_WORDS = 600;

/**
 * Says what a program's words mean for the person who reads the job.
 * @param said what it printed to standard error
 * @param exitCode -1 when a signal ended it
 */
export function explain(said: string, exitCode: number): BackupError {
  const killed = exitCode < 0 || exitCode > 128;
  const words = shortened(said) || (killed ? 'killed' : `ended with code ${exitCode}`);
  const [, first, last] = /\berror:? (\d{4})\b|\((\d{4})\)$/im.exec(words) ?? [];
  const number = Number(first ?? last);
  const meaning = MEANINGS.find(({ numbers }) => numbers.includes(number));
  const advice = meaning ? ` ${meaning.advice}` : '';
  return new BackupError(meaning?.code ?? 'ENGINE_FAILED', `The database’s own program reports: ${words}.${advice}`);
}

/** Without the statement that failed, which may be full of somebody's rows. */
const shortened = (said: string): string =>
  said
    .split('\n')
    .filter((line) => /^(ERROR|mariadb|mysql|Killed)/.test(line))
    .slice(0, 3)
    .join(' ')
    .slice(0, LONGEST_WORDS)
    .replace(/\.$/, '');
