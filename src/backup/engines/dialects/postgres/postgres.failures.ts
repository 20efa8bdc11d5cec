import { BackupError, type BackupErrorCode } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';

/** What went wrong, as the driver or one of the server's own programs tells it. */
export interface PostgresFailure {
  /** An SQLSTATE, or the code of a system error; empty where a program says none. */
  state: string;
  /** The server's or the program's words. */
  said: string;
  /** Of two rows with the same key, which it is. */
  key?: string | undefined;
}

interface Meaning {
  code: BackupErrorCode;
  /** SQLSTATEs, or the classes that begin them: https://www.postgresql.org/docs/current/errcodes-appendix.html */
  states?: RegExp;
  /** Words of the server, by which it is known where a program tells no SQLSTATE. */
  words?: RegExp;
  /** Whether the words have to fit also where there is an SQLSTATE. */
  both?: true;
  sentence(said: string, target: ServerTarget, key?: string): string;
}

/** Whether the connection ended before the server answered. */
const LOST: Pick<Meaning, 'states' | 'words'> = {
  states: /^(57P0[1-5]|08...|E(CONNRESET|PIPE))$/,
  words: /^Connection terminated|server closed the connection|terminating connection|connection to server was lost/,
};

/** One table for both engines. The first that fits counts. */
const MEANINGS: readonly Meaning[] = [
  {
    code: 'UNSUPPORTED',
    states: /^(08P01|0A000)$/,
    both: true,
    words: /unsupported startup parameter|does not support command-line options/,
    sentence: (said, { database }) =>
      `A connection pooler stands before the database "${database}" and refuses what a backup needs (${said}). Give the address of the server itself.`,
  },
  {
    code: 'UNSUPPORTED',
    states: /^0A000$/,
    both: true,
    words: /unlogged relations during recovery/,
    sentence: (said, target) => `${unlogged('has an unlogged table', target)} (${said})`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^25006$/,
    words: /during recovery|read-only transaction/,
    sentence: (said, target) => `${refusesWrites(target)} (${said}).`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^(0A000|55000)$/,
    words: /during recovery/,
    both: true,
    sentence: (said, target) => `${refusesWrites(target)} (${said}).`,
  },
  {
    code: 'DATABASE_LOCKED',
    states: /^40001$/,
    words: /due to conflict with recovery/,
    both: true,
    sentence: (said, { database }) =>
      `The database "${database}" is a standby and had to go on with what its primary server changed (${said}). Nothing was changed; try again, set max_standby_streaming_delay or hot_standby_feedback, or use the primary.`,
  },
  {
    code: 'DATABASE_LOCKED',
    states: /^(55P03|40P01|40001)$/,
    words: /due to (lock|statement) timeout/, // pg_dump limits the waiting for its locks by the latter
    sentence: (said, { database, busyTimeoutMs }) =>
      `The database "${database}" stayed locked for ${busyTimeoutMs / 1000} s by another connection (${said}). Nothing was changed; try again, or find the transaction that stays open (pg_stat_activity shows it).`,
  },
  {
    code: 'DISK_FULL',
    states: /^53100$/,
    words: /No space left on device/,
    sentence: (said) =>
      `The disk of the database server is full: ${said}. Nothing was changed. Free some space and try again.`,
  },
  {
    code: 'SCHEMA_MISMATCH',
    states: /^2BP01$/,
    sentence: (said) =>
      `Something that is not in the snapshot depends on what has to be replaced: ${said}. Nothing was changed. Drop it first.`,
  },
  {
    code: 'UNSUPPORTED',
    states: /^54...$/,
    words: /string buffer|out of memory|invalid memory alloc/,
    both: true,
    sentence: (said, { database }) =>
      `The database "${database}" has a row that its server cannot print as JSON: ${said}. Use the native engine for it.`,
  },
  {
    code: 'CONSTRAINT_VIOLATION',
    states: /^54...$/,
    words: /row is too big|index row (size|requires)/,
    both: true,
    sentence: (said, { database }) =>
      `The database "${database}" cannot store a row of the snapshot: ${said}. Nothing was changed. Its tables hold their values in another way than those that the snapshot was taken from, for instance with another STORAGE or more columns, or an index that was not there.`,
  },
  {
    code: 'UNSUPPORTED',
    states: /^54...$/,
    sentence: (said, { database }) =>
      `The server of the database "${database}" has reached one of its limits: ${said}. Nothing was changed.`,
  },
  {
    code: 'CONSTRAINT_VIOLATION',
    states: /^23505$/,
    sentence: (said, { database }, key) =>
      `The database "${database}" does not accept the snapshot's rows: ${said}${key === undefined ? '' : ` (${key})`}. Nothing was changed. ` +
      `The snapshot holds both rows. If its database had that index too, the index was damaged, or sorted otherwise: ${withoutIndex(said)}, remove one of the rows, and create it again.`,
  },
  {
    code: 'CONSTRAINT_VIOLATION',
    states: /^(22|23)...$/,
    sentence: (said, { database }) =>
      `The database "${database}" does not accept the snapshot's rows: ${said}. Nothing was changed.`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^42501$/,
    words: /permission denied|must be (owner|superuser)|affected by row-level security/,
    sentence: (said, { user, database }) =>
      `The role "${user}" lacks a right in the database "${database}": ${said}. A capture reads every table, past row-level security; a restore must own the tables it fills. Grant that, or back up with the role that owns them.`,
  },
  {
    code: 'UNSUPPORTED',
    words: /server version mismatch/,
    sentence: (said) =>
      `${said}. Install the Debian package "postgresql-client" of the server’s version or a newer one.`,
  },
  {
    code: 'UNSUPPORTED',
    words: /unsupported version \(.*\) in file header/,
    sentence: (said) =>
      `${said}. A newer pg_dump wrote this snapshot: install the Debian package "postgresql-client" of that version or a newer one.`,
  },
  {
    code: 'UNSUPPORTED',
    words: /must install at least one postgresql-client/,
    sentence: (said) => `${said}. Install the Debian package "postgresql-client".`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    words: /certificate(?! authentication)/,
    sentence: (said, { host, port }) =>
      `The certificate of the database server at ${host}:${port} is not trusted: ${said}. Name the authority that signed it with sslrootcert in the address or in NODE_EXTRA_CA_CERTS, and the host as the certificate does.`,
  },
  {
    ...LOST,
    code: 'DATABASE_UNAVAILABLE',
    sentence: (said, { database }) =>
      `The connection to the database "${database}" was lost: ${said}. Whatever was under way is undone by the server; try again.`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^(28...|3D000|53300|E[A-Z_]+)$/,
    words:
      /certificate|SSL|SASL|authentication failed|no password supplied|no pg_hba\.conf entry|connection to server|could not (connect|translate)|too many clients/,
    sentence: (said, target) =>
      `The database "${target.database}" at ${target.host}:${target.port} cannot be opened: ${said}. Check its address, user and password.`,
  },
];

/** What is in the way was there before, or is made by the restore itself. */
const withoutIndex = (said: string): string =>
  said.includes('could not create unique index')
    ? 'restore by hand without it (docs/restore-runbook.md)'
    : 'drop it, restore';

const refusesWrites = ({ database }: ServerTarget): string =>
  `The database "${database}" takes no writes: its server is a standby, or set to be read-only. Nothing was changed. Restore into the primary server`;

const unlogged = (has: string, { database }: ServerTarget): string =>
  `The database "${database}" is a standby and ${has}, whose rows only its primary server has. Take the snapshot from the primary, let the plan name the other tables, or make the table logged (ALTER TABLE … SET LOGGED).`;

/** For a standby, before a restore begins. */
export const takesNoWrites = (target: ServerTarget): BackupError =>
  new BackupError('DATABASE_UNAVAILABLE', `${refusesWrites(target)}.`);

export const unloggedOnStandby = (table: string, target: ServerTarget): BackupError =>
  new BackupError('UNSUPPORTED', unlogged(`has the unlogged table "${table}"`, target));

/** With a digit, unlike `EPIPE` and `FATAL`. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

/** Words may be somebody's, as the name of a table is: where the server tells a state, that decides. */
function fits(
  { states, words, both }: Pick<Meaning, 'states' | 'words' | 'both'>,
  { state, said }: PostgresFailure,
): boolean {
  const byWords = words?.test(said) === true;
  const byState = states?.test(state) === true;
  if (SQLSTATE.test(state)) return byState && (both !== true || byWords);
  return byWords || byState;
}

export const isConnectionLost = (failure: PostgresFailure): boolean => fits(LOST, failure);

/** Says what a failure means for the person who reads the job; null where nothing is known of it. Neither the server nor its programs repeat the password. */
export function explainPostgres(failure: PostgresFailure, target: ServerTarget, cause?: unknown): BackupError | null {
  const meaning = MEANINGS.find((each) => fits(each, failure));
  const said = (failure.said || failure.state).replace(/\.$/, '');
  return meaning ? new BackupError(meaning.code, meaning.sentence(said, target, keyIn(failure)), {}, { cause }) : null;
}

const LONGEST_KEY = 200;

/** `Key (a, b)=(1, x)`, as the server names it. */
function keyIn({ key }: PostgresFailure): string | undefined {
  const found = /Key \(.*\)=\(.*\)/s.exec(key ?? '')?.[0];
  return found !== undefined && found.length > LONGEST_KEY ? `${found.slice(0, LONGEST_KEY)} …` : found;
}
