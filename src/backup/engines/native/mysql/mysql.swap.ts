import { BackupError } from '../../../model/errors.js';
import type { ServerTarget } from '../../database-target.js';
import { quoted } from '../../dialects/mysql/mysql.names.js';
import { textOf, type MysqlPrograms } from './mysql.programs.js';
import type { ScratchDatabases } from './mysql.scratch.js';
import { readServer, type Server } from './mysql.server.js';

/**
 * The moment in which everything changes: one RENAME TABLE puts the live tables and sequences away and those of the snapshot in their place, wholly or not at all.
 * @param names of the snapshot's tables and sequences
 * @param views of the snapshot, in whose place no table may be
 */
export async function swap(
  programs: MysqlPrograms,
  target: ServerTarget,
  { incoming, outgoing }: ScratchDatabases,
  { names, views }: { names: string[]; views: string[] },
): Promise<void> {
  const server = await readServer(programs, target);
  const live = new Set(server.tables.filter(({ type }) => type !== 'VIEW').map(({ name }) => name));
  refuseWhatStandsInTheWay(server, target, live, { names, views });
  if (names.length === 0) return;
  const at = (schema: string, name: string) => `${quoted(schema)}.${quoted(name)}`;
  const moves = [
    ...names.filter((name) => live.has(name)).map((name) => `${at(target.database, name)} TO ${at(outgoing, name)}`),
    ...names.map((name) => `${at(incoming, name)} TO ${at(target.database, name)}`),
  ];
  const seconds = Math.max(1, Math.ceil(target.busyTimeoutMs / 1000));
  const program = await programs.client(target, null);
  try {
    await program.write(`SET SESSION lock_wait_timeout = ${seconds};\nRENAME TABLE ${moves.join(', ')};\n`);
    program.endInput();
    await textOf(program);
  } catch (error) {
    if (!(await hasMovedIn(programs, { ...target, database: incoming }))) throw error;
  } finally {
    program.kill();
  }
}

function refuseWhatStandsInTheWay(
  { references }: Server,
  { database }: ServerTarget,
  live: Set<string>,
  { names, views }: { names: string[]; views: string[] },
): void {
  const inTheWay = views.find((view) => live.has(view));
  if (inTheWay !== undefined)
    throw new BackupError(
      'SCHEMA_MISMATCH',
      `"${inTheWay}" is a view in the snapshot and a table in the database. Nothing was changed. Rename or drop that table first.`,
    );
  const outside = references.find(
    ({ schema, child, parent }) => names.includes(parent) && (schema !== database || !names.includes(child)),
  );
  if (outside)
    throw new BackupError(
      'CONSTRAINT_VIOLATION',
      `Table "${outside.schema}.${outside.child}" is not in the snapshot and has a foreign key to "${outside.parent}", which has to be replaced. Nothing was changed. Drop that key first.`,
    );
}

/** An answer that never came says nothing about what the server did: it is asked again. */
async function hasMovedIn(programs: MysqlPrograms, incoming: ServerTarget): Promise<boolean> {
  try {
    const { tables } = await readServer(programs, incoming);
    return !tables.some(({ type }) => type !== 'VIEW');
  } catch {
    return false;
  }
}
