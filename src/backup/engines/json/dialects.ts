import type { DatabaseTarget } from '../snapshot.engine.js';
import type { Dialect } from './dialect.js';
import { SqliteDialect } from './sqlite/sqlite.dialect.js';

/** One dialect per kind of database. */
export const DIALECTS: Record<DatabaseTarget['type'], Dialect> = { sqlite: new SqliteDialect() };
