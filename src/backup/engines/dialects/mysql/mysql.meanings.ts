import { BackupError, type BackupErrorCode } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';

/** What went wrong, as the driver or one of the server's own programs tells it. */
export interface MysqlFailure {
  /** Of the server, or of the client library. */
  number: number | undefined;
  /** The server's or the program's words, without the statement, which may be full of somebody's rows. */
  reason: string;
}

interface Meaning {
  code: BackupErrorCode;
  numbers: readonly number[];
  sentence(reason: string, target: ServerTarget): string;
}

/** One table for both engines. https://mariadb.com/kb/en/mariadb-error-codes/ and https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html */
export const MYSQL_MEANINGS = {
  locked: {
    code: 'DATABASE_LOCKED',
    numbers: [1205, 1213, 3572],
    sentence: (reason, { database, busyTimeoutMs }) =>
      `The database "${database}" stayed locked for ${busyTimeoutMs / 1000} s by another connection (${reason}). Nothing was changed; try again, or find the transaction that stays open.`,
  },
  unavailable: {
    code: 'DATABASE_UNAVAILABLE',
    numbers: [1040, 1045, 1049, 1129, 1130, 1203, 1226, 1251, 1698, 2002, 2003, 2005, 2026, 3118, 3159, 4151],
    sentence: (reason, { database, host, port }) =>
      `The database "${database}" on ${host}:${port} cannot be opened: ${reason}. Check address, user and password of the database URL.`,
  },
  lost: {
    code: 'DATABASE_UNAVAILABLE',
    numbers: [1053, 1077, 1152, 1159, 1161, 1184, 1317, 1927, 2006, 2013, 2055, 3032, 4031],
    sentence: (reason, { database, host, port }) =>
      `The connection to the database "${database}" on ${host}:${port} was lost (${reason}). Uncommitted changes are rolled back.`,
  },
  forbidden: {
    code: 'DATABASE_UNAVAILABLE',
    numbers: [1044, 1142, 1143, 1227, 1370, 1410, 1419],
    sentence: (reason, { user }) =>
      `The user "${user}" may not do this: ${reason}. Grant the rights that docs/configuration.md lists.`,
  },
  'read-only': {
    code: 'DATABASE_UNAVAILABLE',
    numbers: [1036, 1290, 1792, 1836, 1874],
    sentence: (reason, { database }) =>
      /read.only/i.test(reason)
        ? `The database "${database}" accepts no writes: its server is a replica, or set to be read-only (${reason}). Nothing was changed. Restore into the primary server.`
        : `The server of the database "${database}" is set so that it refuses this: ${reason}. Nothing was changed.`,
  },
  'disk full': {
    code: 'DISK_FULL',
    numbers: [1021, 1114],
    sentence: (reason) => `The database server has no space left: ${reason}. Nothing was changed.`,
  },
  'row too large': {
    code: 'UNSUPPORTED',
    numbers: [1153, 1301, 2020],
    sentence: (_, { database }) =>
      `A row of the database "${database}" is larger than the server accepts. Set its max_allowed_packet to twice the size of the largest row or more (at most 1G).`,
  },
  refused: {
    code: 'CONSTRAINT_VIOLATION',
    // duplicate, null, unknown or wrong value, too long, out of range, too large a row, foreign key, CHECK
    numbers: [
      1048, 1062, 1118, 1169, 1216, 1217, 1264, 1265, 1292, 1366, 1364, 1367, 1406, 1411, 1416, 1451, 1452, 1526, 1557,
      1586, 1748, 3140, 3819, 4025, 4079,
    ],
    sentence: (reason, { database }) =>
      `The database "${database}" does not accept the snapshot's rows: ${reason}. Nothing was changed.`,
  },
} as const satisfies Record<string, Meaning>;

export type MysqlMeaning = keyof typeof MYSQL_MEANINGS;

export function meaningOf({ number }: Pick<MysqlFailure, 'number'>): MysqlMeaning | undefined {
  const names = Object.keys(MYSQL_MEANINGS) as MysqlMeaning[];
  return names.find((name) => (MYSQL_MEANINGS[name].numbers as readonly number[]).includes(number ?? 0));
}

/** Says what a failure means for the person who reads the job. */
export function explainMysql(
  meaning: MysqlMeaning,
  { number, reason }: MysqlFailure,
  target: ServerTarget,
): BackupError {
  const { code, sentence } = MYSQL_MEANINGS[meaning];
  return new BackupError(code, sentence(reason, target), {}, { cause: { errno: number } });
}
