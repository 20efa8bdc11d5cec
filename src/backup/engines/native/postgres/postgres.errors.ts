import { BackupError, type BackupErrorCode } from '../../../model/errors.js';

interface Meaning {
  code: BackupErrorCode;
  /** SQLSTATEs, which psql tells. */
  states?: RegExp;
  /** Words of the programs. */
  said?: RegExp;
  advice: string;
}

/** The first that fits counts. */
const MEANINGS: Meaning[] = [
  {
    code: 'DATABASE_LOCKED',
    states: /^(55P03|40P01)$/,
    said: /due to (lock|statement) timeout/, // pg_dump limits the waiting for its locks by the latter
    advice: 'Try again, or find the transaction that stays open.',
  },
  {
    code: 'DISK_FULL',
    states: /^53100$/,
    said: /No space left on device/,
    advice: 'Free some space and try again.',
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^28/,
    said: /authentication failed|no password supplied|no pg_hba\.conf entry/,
    advice: 'Check user and password of the database URL.',
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^(08|57P|53300)/,
    said: /connection to server|server closed the connection|could not connect|terminating connection/,
    advice: 'Check that the server runs and can be reached, then try again.',
  },
  {
    code: 'UNSUPPORTED',
    said: /server version mismatch/,
    advice: 'Install the Debian package "postgresql-client" of the server’s version or a newer one.',
  },
  {
    code: 'UNSUPPORTED',
    said: /unsupported version \(.*\) in file header/,
    advice:
      'A newer pg_dump wrote this snapshot: install the Debian package "postgresql-client" of that version or a newer one.',
  },
  {
    code: 'SCHEMA_MISMATCH',
    states: /^2BP01$/,
    advice: 'Something that is not in the snapshot depends on what has to be replaced; drop it first.',
  },
  { code: 'CONSTRAINT_VIOLATION', states: /^23/, advice: 'The database does not accept the rows.' },
  {
    code: 'UNSUPPORTED',
    states: /^42501$/,
    said: /permission denied|must be owner/,
    advice: 'Let a user do it that owns what is backed up, or a superuser.',
  },
  {
    code: 'UNSUPPORTED',
    said: /must install at least one postgresql-client/,
    advice: 'Install the Debian package "postgresql-client".',
  },
];

/** What surrounds an error: where in a script it is, and rows, which are nobody's business who reads the message of a job. */
const SURROUNDINGS = /^(LOCATION|NOTICE|WARNING|HINT|QUERY|CONTEXT|LINE \d+|STATEMENT|DETAIL(?!.*depends on))\b/;
const MOST_LINES = 4;
const LONGEST_WORDS = 600;

/**
 * Says what a program's words mean for the person who reads the job.
 * @param said what it printed to standard error
 * @param exitCode -1 when a signal ended it
 */
export function explain(said: string, exitCode: number): BackupError {
  const killed = exitCode < 0 || exitCode > 128;
  const words = shortened(said) || (killed ? 'killed' : `ended with code ${exitCode}`);
  const state = /:\s+([0-9A-Z]{5}):/.exec(said)?.[1] ?? '';
  const meaning = MEANINGS.find(({ states, said: known }) => states?.test(state) || known?.test(said));
  const advice = meaning ? ` ${meaning.advice}` : '';
  return new BackupError(
    meaning?.code ?? 'ENGINE_FAILED',
    `PostgreSQL’s own program reports: ${words}. Nothing was changed.${advice}`,
  );
}

function shortened(said: string): string {
  const lines = said
    .split('\n')
    .map((line) => line.replace(/^psql:<stdin>:\d+: /, '').trim())
    .filter((line) => line !== '' && !SURROUNDINGS.test(line));
  return lines.slice(0, MOST_LINES).join(' ').slice(0, LONGEST_WORDS).replace(/\.$/, '');
}
