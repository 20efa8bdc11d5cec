import { asBackupError, BackupError, type BackupErrorCode } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { explainMysql, meaningOf, type MysqlMeaning } from './mysql.meanings.js';
import { RowTooLarge } from './mysql.row-stream.js';

/** What the driver throws. Its `sql` may be full of somebody's data, so nothing but the message goes on. */
interface DriverError {
  code?: string;
  errno?: number;
  message?: string;
  /** Whether the connection ended with it. */
  fatal?: boolean;
}

/** How the driver and the system call a connection that ended. */
const LOST = ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'EPIPE'];

function meaningOfDriver(error: DriverError): MysqlMeaning | undefined {
  if (error instanceof RowTooLarge) return 'row too large';
  // Of a connection that had ended before, the driver says no more than that it is fatal.
  const isLost = LOST.includes(error.code ?? '') || (error.fatal === true && error.code === undefined);
  return isLost ? 'lost' : meaningOf({ number: error.errno });
}

/** Whether the server does not know, or no longer knows, the table that a statement names. */
export const isMissingTable = (error: unknown): boolean => [1146, 4091].includes(errorNumber(error) ?? 0);

/** Whether what was to be created is there already. */
export const isAlreadyThere = (error: unknown): boolean => [1050, 1304, 1359, 1537].includes(errorNumber(error) ?? 0);

/** Whether the server did not answer, or stayed locked, so that the same may succeed later. */
export const mayPass = (error: BackupError): boolean =>
  error.code === 'DATABASE_LOCKED' ||
  (error.code === 'DATABASE_UNAVAILABLE' && meaningOf({ number: errorNumber(error) }) !== 'forbidden');

/** Whether the account lacks a right on the database or on a table. */
export const isForbidden = (error: unknown): boolean => [1044, 1142, 1227].includes(errorNumber(error) ?? 0);

/** Whether a view, a routine, a trigger or an event was dropped just now. */
export const isGone = (error: unknown): boolean => [1146, 1304, 1305, 1360, 1539].includes(errorNumber(error) ?? 0);

/** Whether the definition of one cannot be seen, or is made of things that are gone. */
export const isUnreadable = (error: unknown): boolean =>
  [1044, 1142, 1227, 1347, 1356, 1370].includes(errorNumber(error) ?? 0);

/** Whether a table was altered or removed after the transaction's snapshot was made, so that the two do not go together. */
export const isTableChanged = (error: unknown): boolean => [1412, 1146].includes(errorNumber(error) ?? 0);

export const tablesChanged = (): BackupError =>
  new BackupError(
    'DATABASE_LOCKED',
    'Tables of the database are constantly altered, so no consistent state could be captured. Try again later.',
  );

/** The server's number for what went wrong, if it was the server that said so. */
export const errorNumber = (error: unknown): number | undefined =>
  error instanceof BackupError ? (error.cause as DriverError | undefined)?.errno : (error as DriverError).errno;

/** Says what a driver's error means for the person who reads the job. */
export function explain(error: unknown, target: ServerTarget): BackupError {
  if (error instanceof BackupError) return error;
  const known = error as DriverError;
  const reason = (known.message ?? String(error)).replace(/\.$/, '');
  const meaning = meaningOfDriver(known);
  if (meaning) return explainMysql(meaning, { number: known.errno, reason }, target);
  if (known.errno === undefined && known.code === undefined) return asBackupError(error);
  const explained = (code: BackupErrorCode, message: string) =>
    new BackupError(code, message, {}, { cause: { errno: known.errno } });
  return known.code?.startsWith('ER_') === true
    ? explained('ENGINE_FAILED', `The database server answered: ${reason}.`)
    : explained(
        'DATABASE_UNAVAILABLE',
        `The database server on ${target.host}:${target.port} cannot be reached: ${reason || known.code}. Check the database URL.`,
      );
}
