import { asBackupError, type BackupError } from '../model/errors.js';
import { DATABASE_ENGINES, type DatabaseEngine } from '../model/plan.js';
import type { DatabaseTarget } from './database-target.js';
import { dialectOf } from './dialects/dialects.js';
import type { NativeOptions } from './native/native.options.js';
import { nativeDatabase } from './native/native.tasks.js';
import type { DescribeSourceRequest, SourceDescription } from './source.description.js';

/** Looks what there is to choose; changes nothing, locks nothing, reads no row. What cannot be found out is said, and the rest answered all the same. */
export async function describeSourceTask({ database, native }: DescribeSourceRequest): Promise<SourceDescription> {
  const [tables, missing] = await Promise.all([
    outcomeOf(listTables(database)),
    outcomeOf(findPrograms(database, native)),
  ]);
  const problems: Record<DatabaseEngine, BackupError | null> = { json: tables.error, native: missing.error };
  return {
    tables: tables.value,
    error: tables.error && { error_code: tables.error.code, message: tables.error.message },
    engines: DATABASE_ENGINES.map((name) => ({ name, problem: lasting(problems[name]) })),
  };
}

const listTables = async (database: DatabaseTarget): Promise<string[]> =>
  (await dialectOf(database)).listTables(database);

const findPrograms = async (database: DatabaseTarget, options: NativeOptions): Promise<void> =>
  (await nativeDatabase(database, options)).assertInstalled?.(database);

/** A database that does not answer now may do so when the plan runs. */
const lasting = (error: BackupError | null): string | null => (error?.code === 'UNSUPPORTED' ? error.message : null);

type Outcome<T> = { value: T; error: null } | { value: null; error: BackupError };

async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work, error: null };
  } catch (thrown) {
    return { value: null, error: asBackupError(thrown) };
  }
}
