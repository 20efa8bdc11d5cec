import { asBackupError, BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { explainPostgres, isConnectionLost as isLost, type PostgresFailure } from './postgres.failures.js';

/** What the driver throws. */
export interface ServerError extends Error {
  /** An SQLSTATE, or the code of a system error. */
  code?: string;
  detail?: string;
}

const failureOf = ({ code = '', message = '', detail }: Partial<ServerError>): PostgresFailure => ({
  state: code,
  reason: message,
  key: detail,
});

/** Whether the connection ended before the server answered. */
export const isConnectionLost = (error: unknown): boolean => isLost(failureOf(error as Partial<ServerError>));

/** Says what a driver's error means for the person who reads the job. */
export function explain(error: unknown, target: ServerTarget): BackupError {
  if (error instanceof BackupError) return error;
  return explainPostgres(failureOf(error as Partial<ServerError>), target, error) ?? asBackupError(error);
}
