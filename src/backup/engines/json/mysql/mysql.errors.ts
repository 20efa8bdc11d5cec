import { asBackupError, BackupError, type BackupErrorCode } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { RowTooLarge } from './mysql.row-stream.js';

/** What the driver throws. Its `sql` may be full of somebody's data, so nothing but the message goes on. */
interface DriverError {
  code?: string;
  errno?: number;
  message?: string;
}

type Meaning = 'locked' | 'unavailable' | 'lost' | 'forbidden' | 'disk full' | 'row too large' | 'refused';

/** https://mariadb.com/kb/en/mariadb-error-codes/ and https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html */
const MEANINGS: Record<Meaning, readonly number[]> = {
  locked: [1205, 1213, 3572],
  unavailable: [1040, 1044, 1045, 1049, 1129, 1130, 1203, 1226, 1251, 1698, 3118, 3159, 4151],
  lost: [1053, 1077, 1152, 1159, 1161, 1184, 1927, 2006, 2013, 3032, 4031],
  forbidden: [1142, 1143, 1227, 1370, 1410, 1419],
  'disk full': [1021, 1114],
  'row too large': [1153, 1301],
  // duplicate, null, unknown or wrong value, too long, out of range, foreign key, CHECK
  refused: [
    1048, 1062, 1169, 1216, 1217, 1264, 1265, 1292, 1366, 1364, 1367, 1406, 1411, 1416, 1451, 1452, 1526, 1557, 1586,
    1748, 3140, 3819, 4025, 4079,
  ],
};

/** How the driver and the system call a connection that ended. */
const LOST = ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'EPIPE'];

const meaningOf = ({ errno, code }: DriverError): Meaning | undefined =>
  LOST.includes(code ?? '')
    ? 'lost'
    : (Object.keys(MEANINGS) as Meaning[]).find((meaning) => MEANINGS[meaning].includes(errno ?? 0));

/** Whether the server does not know, or no longer knows, the table that a statement names. */
export const isMissingTable = (error: unknown): boolean => errorNumber(error) === 1146;

/** Whether a view or a routine is gone, or cannot be seen, or is made of things that are gone. */
export const isNotThere = (error: unknown): boolean =>
  [1142, 1146, 1227, 1304, 1305, 1347, 1356, 1370].includes(errorNumber(error) ?? 0);

/** Whether a table was altered or removed after the transaction's snapshot was made, so that the two do not go together. */
export const isTableChanged = (error: unknown): boolean => [1412, 1146].includes(errorNumber(error) ?? 0);

export const tablesChanged = (): BackupError =>
  new BackupError(
    'DATABASE_LOCKED',
    'Tables of the database are being altered all the time, so it has no state of one moment to capture. Try again when that has ended.',
  );

/** The server's number for what went wrong, if it was the server that said so. */
export const errorNumber = (error: unknown): number | undefined =>
  error instanceof BackupError ? (error.cause as DriverError | undefined)?.errno : (error as DriverError).errno;

/** Says what a driver's error means for the person who reads the job. */
export function explain(error: unknown, target: ServerTarget): BackupError {
  if (error instanceof BackupError) return error;
  const known = error as DriverError;
  const told = (code: BackupErrorCode, message: string) =>
    new BackupError(code, message, {}, { cause: { errno: known.errno } });
  const said = (known.message ?? String(error)).replace(/\.$/, '');
  const name = target.database;
  const where = `${target.host}:${target.port}`;
  const meaning = error instanceof RowTooLarge ? 'row too large' : meaningOf(known);
  switch (meaning) {
    case 'locked':
      return told(
        'DATABASE_LOCKED',
        `The database "${name}" stayed locked for ${target.busyTimeoutMs / 1000} s by another connection (${said}). Nothing was changed; try again, or find the transaction that stays open.`,
      );
    case 'lost':
      return told(
        'DATABASE_UNAVAILABLE',
        `The connection to the database "${name}" on ${where} was lost (${said}). Nothing that was not committed stays.`,
      );
    case 'forbidden':
      return told(
        'DATABASE_UNAVAILABLE',
        `The user "${target.user}" may not do what this takes: ${said}. Grant what docs/configuration.md lists.`,
      );
    case 'disk full':
      return told('DISK_FULL', `The database server has no space left: ${said}. Nothing was changed.`);
    case 'row too large':
      return told(
        'UNSUPPORTED',
        `A row of the database "${name}" is larger than the server lets through at once. Set its max_allowed_packet to twice the size of the largest row or more (at most 1G).`,
      );
    case 'refused':
      return told(
        'CONSTRAINT_VIOLATION',
        `The database "${name}" does not accept the snapshot's rows: ${said}. Nothing was changed.`,
      );
    case 'unavailable':
      return told('DATABASE_UNAVAILABLE', `The database "${name}" on ${where} cannot be opened: ${said}.`);
    case undefined:
      if (known.errno === undefined && known.code === undefined) return asBackupError(error);
      return known.code?.startsWith('ER_') === true
        ? told('ENGINE_FAILED', `The database server answered: ${said}.`)
        : told(
            'DATABASE_UNAVAILABLE',
            `The database server on ${where} cannot be reached: ${said || known.code}. Check the database URL.`,
          );
  }
}
