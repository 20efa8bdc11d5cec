import type { DatabaseTarget, ServerTarget } from '../database-target.js';
import { notTrusted } from '../shared/not-trusted.js';
import type { ConfirmRequest } from '../database.engine.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { dialectOf } from './dialects.js';

/** Which statements of a foreign snapshot a person has to confirm; none where the restore builds nothing. */
export async function statementsToConfirmTask({
  database,
  snapshot,
  allowSchemaChanges,
}: ConfirmRequest): Promise<string[]> {
  if (!allowSchemaChanges) return [];
  const { ddl } = snapshot.manifest.schema;
  switch (database.type) {
    case 'sqlite': {
      const { isSchemaStatement } = await import('./sqlite/sqlite.statement-kinds.js');
      return ddl.filter((sql) => !isSchemaStatement(sql));
    }
    case 'mysql': {
      const { isSchemaStatement } = await import('./mysql/mysql.statement-kinds.js');
      return ddl.filter((sql) => !isSchemaStatement(sql));
    }
    case 'postgres':
      return ofPostgres(database, ddl);
  }
}

/** @throws BackupError `SCHEMA_NOT_TRUSTED` */
export async function refuseUnconfirmed(request: ConfirmRequest): Promise<void> {
  const statements = await statementsToConfirmTask(request);
  if (statements.length > 0) throw notTrusted(request.snapshot, statements);
}

/** A script cannot be looked through: all of it runs. */
export const scriptNotTrusted = (snapshot: StoredSnapshot): Error => notTrusted(snapshot, snapshot.manifest.schema.ddl);

async function ofPostgres(target: ServerTarget & DatabaseTarget, ddl: readonly string[]): Promise<string[]> {
  const { isSchemaStatement, executingStatements } = await import('./postgres/postgres.statement-kinds.js');
  const { statementOf } = await import('./postgres/postgres.statement-head.js');
  const statements = ddl.map((text) => statementOf(text).sql);
  const unknown = statements.filter((sql) => !isSchemaStatement(sql));
  const executing = executingStatements(statements).filter((sql) => !unknown.includes(sql));
  if (executing.length === 0) return unknown;
  await dialectOf(target); // which says what to install, where the driver is missing
  const { isAdministrator } = await import('./postgres/postgres.rights.js');
  return (await isAdministrator(target)) ? [...unknown, ...executing] : unknown;
}
