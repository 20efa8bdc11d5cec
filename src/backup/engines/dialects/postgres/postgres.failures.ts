import { BackupError, type BackupErrorCode } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';

/** What went wrong, as the driver or one of the server's own programs tells it. */
export interface PostgresFailure {
  /** An SQLSTATE, or the code of a system error; empty where a program says none. */
  state: string;
  /** The server's or the program's words. */
  reason: string;
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
  sentence(reason: string, target: ServerTarget, key?: string): string;
}

/** Whether the connection ended before the server answered. */
const LOST: Pick<Meaning, 'states' | 'words'> = {
  states: /^(57P0[1-5]|08...|E(CONNRESET|PIPE))$/,
  words:
    /^Connection terminated|is not queryable|server closed the connection|terminating connection|connection to server was lost/,
};

/** One table for both engines. The first that fits counts. */
const MEANINGS: readonly Meaning[] = [
  {
    code: 'UNSUPPORTED',
    states: /^(08P01|0A000)$/,
    both: true,
    words: /unsupported startup parameter|does not support command-line options/,
    sentence: (reason, { database }) =>
      `A connection pooler in front of the database "${database}" refuses what a backup needs (${reason}). Give the address of the server itself.`,
  },
  {
    code: 'UNSUPPORTED',
    states: /^0A000$/,
    both: true,
    words: /unlogged relations during recovery/,
    sentence: (reason, target) => `${unlogged('has an unlogged table', target)} (${reason})`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^25006$/,
    words: /during recovery|read-only transaction/,
    sentence: (reason, target) => `${refusesWrites(target)} (${reason}).`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^(0A000|55000)$/,
    words: /during recovery/,
    both: true,
    sentence: (reason, target) => `${refusesWrites(target)} (${reason}).`,
  },
  {
    code: 'DATABASE_LOCKED',
    states: /^40001$/,
    words: /due to conflict with recovery/,
    both: true,
    sentence: (reason, { database }) =>
      `The database "${database}" is a standby and cancelled the query because of changes on its primary server (${reason}). Nothing was changed; try again, set max_standby_streaming_delay or hot_standby_feedback, or use the primary.`,
  },
  {
    code: 'DATABASE_LOCKED',
    states: /^(55P03|40P01|40001)$/,
    words: /due to (lock|statement) timeout/, // pg_dump limits the waiting for its locks by the latter
    sentence: (reason, { database, busyTimeoutMs }) =>
      `The database "${database}" stayed locked for ${busyTimeoutMs / 1000} s by another connection (${reason}). Nothing was changed; try again, or find the transaction that stays open (pg_stat_activity shows it).`,
  },
  {
    code: 'DISK_FULL',
    states: /^53100$/,
    words: /No space left on device/,
    sentence: (reason) =>
      `The disk of the database server is full: ${reason}. Nothing was changed. Free some space and try again.`,
  },
  {
    code: 'SCHEMA_MISMATCH',
    states: /^2BP01$/,
    sentence: (reason) =>
      `Something that is not in the snapshot depends on what has to be replaced: ${reason}. Nothing was changed. Drop it first.`,
  },
  {
    code: 'UNSUPPORTED',
    states: /^54...$/,
    words: /string buffer|out of memory|invalid memory alloc/,
    both: true,
    sentence: (reason, { database }) =>
      `The database "${database}" has a row that its server cannot print as JSON: ${reason}. Use the native engine for it.`,
  },
  {
    code: 'CONSTRAINT_VIOLATION',
    states: /^54...$/,
    words: /row is too big|index row (size|requires)/,
    both: true,
    sentence: (reason, { database }) =>
      `The database "${database}" cannot store a row of the snapshot: ${reason}. Nothing was changed. Its tables store values differently from those that the snapshot was taken from, for instance with another STORAGE or more columns, or an index that was not there.`,
  },
  {
    code: 'UNSUPPORTED',
    states: /^54...$/,
    sentence: (reason, { database }) =>
      `The server of the database "${database}" has reached one of its limits: ${reason}. Nothing was changed.`,
  },
  {
    code: 'CONSTRAINT_VIOLATION',
    states: /^23505$/,
    sentence: (reason, { database }, key) =>
      `The database "${database}" does not accept the snapshot's rows: ${reason}${key === undefined ? '' : ` (${key})`}. Nothing was changed. ` +
      `The snapshot holds both rows. If its database had that index too, the index was damaged, or sorted differently: ${withoutIndex(reason)}, remove one of the rows, and create it again.`,
  },
  {
    code: 'CONSTRAINT_VIOLATION',
    states: /^(22|23)...$/,
    sentence: (reason, { database }) =>
      `The database "${database}" does not accept the snapshot's rows: ${reason}. Nothing was changed.`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^42501$/,
    words: /permission denied|must be (owner|superuser)|affected by row-level security/,
    sentence: (reason, { user, database }) =>
      `The role "${user}" lacks a right in the database "${database}": ${reason}. A capture reads every table, past row-level security; a restore must own the tables it fills. Grant that, or back up with the role that owns them.`,
  },
  {
    code: 'UNSUPPORTED',
    words: /server version mismatch/,
    sentence: (reason) =>
      `${reason}. Install the Debian package "postgresql-client" of the server’s version or a newer one.`,
  },
  {
    code: 'UNSUPPORTED',
    words: /unsupported version \(.*\) in file header/,
    sentence: (reason) =>
      `${reason}. A newer pg_dump wrote this snapshot: install the Debian package "postgresql-client" of that version or a newer one.`,
  },
  {
    code: 'UNSUPPORTED',
    words: /must install at least one postgresql-client/,
    sentence: (reason) => `${reason}. Install the Debian package "postgresql-client".`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    words: /certificate(?! authentication)/,
    sentence: (reason, { host, port }) =>
      `The certificate of the database server at ${host}:${port} is not trusted: ${reason}. Name the authority that signed it with sslrootcert in the address or in NODE_EXTRA_CA_CERTS, and the host as the certificate does.`,
  },
  {
    ...LOST,
    code: 'DATABASE_UNAVAILABLE',
    sentence: (reason, { database }) =>
      `The connection to the database "${database}" was lost: ${reason}. The server rolls back unfinished work; try again.`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    states: /^(28...|3D000|53300|E[A-Z_]+)$/,
    words:
      /certificate|SSL|SASL|authentication failed|no password supplied|no pg_hba\.conf entry|connection to server|could not (connect|translate)|too many clients/,
    sentence: (reason, target) =>
      `The database "${target.database}" at ${target.host}:${target.port} cannot be opened: ${reason}. Check its address, user and password.`,
  },
];

/** What is in the way was there before, or is made by the restore itself. */
const withoutIndex = (reason: string): string =>
  reason.includes('could not create unique index')
    ? 'restore by hand without it (docs/restore-runbook.md)'
    : 'drop it, restore';

const refusesWrites = ({ database }: ServerTarget): string =>
  `The database "${database}" accepts no writes: its server is a standby, or set to be read-only. Nothing was changed. Restore into the primary server`;

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
  { state, reason }: PostgresFailure,
): boolean {
  const byWords = words?.test(reason) === true;
  const byState = states?.test(state) === true;
  if (SQLSTATE.test(state)) return byState && (both !== true || byWords);
  return byWords || byState;
}

export const isConnectionLost = (failure: PostgresFailure): boolean => fits(LOST, failure);

/** Says what a failure means for the person who reads the job; null where nothing is known of it. Neither the server nor its programs repeat the password. */
export function explainPostgres(failure: PostgresFailure, target: ServerTarget, cause?: unknown): BackupError | null {
  const meaning = MEANINGS.find((each) => fits(each, failure));
  const reason = (failure.reason || failure.state).replace(/\.$/, '');
  return meaning
    ? new BackupError(meaning.code, meaning.sentence(reason, target, keyIn(failure)), {}, { cause })
    : null;
}

const LONGEST_KEY = 200;

/** `Key (a, b)=(1, x)`, as the server names it. */
function keyIn({ key }: PostgresFailure): string | undefined {
  const found = /Key \(.*\)=\(.*\)/s.exec(key ?? '')?.[0];
  return found !== undefined && found.length > LONGEST_KEY ? `${found.slice(0, LONGEST_KEY)} …` : found;
}
