import { Injectable } from '@nestjs/common';
import { SnapshotEngines } from '../engines/snapshot.engines.js';
import { EngineHost } from '../engines/engine-host.js';
import { fileOf, type DatabaseTarget, type Occupancy } from '../engines/database-target.js';
import type { RestoreOutcome } from '../engines/database.engine.js';
import type { StoredSnapshot } from '../engines/snapshot.engine.js';
import { notTrusted } from '../engines/shared/not-trusted.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import { snapshotFromManifest } from '../model/snapshot.js';
import type { TaskRun } from '../system/child-task.js';
import { makeDatabaseFile } from './database-file.js';
import { OriginKey } from './origin-key.js';
import { ResolvedOptions } from './resolved-options.js';
import type { RestoreChoices, Restored, Restorer } from './restorer.js';
import { ofDatabase } from './stored-snapshots.js';

/** Puts a database back: it is then exactly as the snapshot says, or as it was. */
@Injectable()
export class DatabaseRestorer implements Restorer {
  constructor(
    private readonly engines: SnapshotEngines,
    private readonly host: EngineHost,
    private readonly options: ResolvedOptions,
    private readonly origin: OriginKey,
  ) {}

  /** Whether no captured table of the application's database holds a row. */
  async isEmpty(): Promise<boolean> {
    return (await this.host.run('database.occupancy', this.options.database())) !== 'rows';
  }

  /** @throws BackupError `TABLE_NOT_FOUND`, `UNSUPPORTED` */
  assertAskable(stored: StoredSnapshot<Manifest>, choices: RestoreChoices): void {
    const snapshot = ofDatabase(stored);
    const { engine, database } = this.placeOf(snapshot, choices);
    engine.assertSeparable({ database, snapshot, tables: choices.tables ?? null });
    assertTables(snapshotFromManifest(snapshot.manifest, null), choices.tables);
  }

  /** @throws BackupError as {@link assertAskable}, and `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`, `SCHEMA_MISMATCH` with `differences` */
  async assertRestorable(stored: StoredSnapshot<Manifest>, choices: RestoreChoices, run?: TaskRun): Promise<void> {
    this.assertAskable(stored, choices);
    const snapshot = ofDatabase(stored);
    const { engine, database } = this.placeOf(snapshot, choices);
    await this.assertTrusted(snapshot, choices);
    if (choices.intoEmpty && (await this.emptiness(database)) !== 'no_rows') {
      await engine.verify({ snapshot }, run); // there is no schema yet that could differ
      return;
    }
    const differences = await engine.checkRestorable({ database, snapshot, tables: choices.tables ?? null }, run);
    if (differences.length === 0 || choices.allowSchemaChanges) return;
    throw new BackupError(
      'SCHEMA_MISMATCH',
      `The schema has changed since snapshot "${snapshot.manifest.id}" was taken (${differences.length} differences). Nothing was changed.`,
      { differences, advice: [engine.adviceOnSchema] },
    );
  }

  replaces(_stored: StoredSnapshot<Manifest>, { intoEmpty = false }: RestoreChoices): Promise<boolean> {
    return Promise.resolve(!intoEmpty);
  }

  async restore(stored: StoredSnapshot<Manifest>, choices: RestoreChoices, run: TaskRun): Promise<Restored> {
    const snapshot = ofDatabase(stored);
    const { engine, database } = this.placeOf(snapshot, choices);
    const { tables = null, allowSchemaChanges = false } = choices;
    const foreign = await this.isForeign(snapshot, choices);
    const request = { database, snapshot, tables, allowSchemaChanges, foreign };
    if (!choices.intoEmpty) return judged(await engine.restore(request, run), choices);
    const occupancy = await this.emptiness(database); // somebody may have filled it since it was checked
    const file = fileOf(database);
    const removeFile = occupancy === 'missing' && file !== null ? await makeDatabaseFile(file) : null;
    try {
      return judged(
        await engine.restore({ ...request, allowSchemaChanges: allowSchemaChanges || occupancy !== 'no_rows' }, run),
        choices,
      );
    } catch (error) {
      await removeFile?.();
      throw error;
    }
  }

  /** What there is in the database that a snapshot would be restored into. */
  occupancy(stored: StoredSnapshot<Manifest>, choices: Pick<RestoreChoices, 'database'>): Promise<Occupancy> {
    return this.host.run('database.occupancy', this.placeOf(ofDatabase(stored), choices).database);
  }

  /** What reads a snapshot, and where it goes. */
  placeOf({ manifest }: StoredSnapshot, { database }: Pick<RestoreChoices, 'database'>) {
    const target = database ?? this.options.database(manifest.data_source);
    if (manifest.database.type !== target.type)
      throw new BackupError(
        'UNSUPPORTED',
        `Snapshot "${manifest.id}" is of a ${manifest.database.type} database, and cannot be restored into a ${target.type} database.`,
      );
    return { engine: this.engines.of(manifest), database: target };
  }

  /** @throws BackupError `SCHEMA_NOT_TRUSTED` with `statements`, where it would run what somebody has to read first */
  private async assertTrusted(snapshot: StoredSnapshot, choices: RestoreChoices): Promise<void> {
    if (!(await this.isForeign(snapshot, choices))) return;
    const { engine, database } = this.placeOf(snapshot, choices);
    const occupancy = choices.intoEmpty ? await this.emptiness(database) : 'rows';
    const allowSchemaChanges =
      choices.allowSchemaChanges === true || (choices.intoEmpty === true && occupancy !== 'no_rows');
    if (occupancy === 'missing' && fileOf(database) === null) return; // which the restore itself says
    const statements = await engine.statementsToConfirm({ database, snapshot, allowSchemaChanges });
    if (statements.length > 0) throw notTrusted(snapshot, statements);
  }

  /** Not known to be this installation's own, and not confirmed. */
  private async isForeign({ manifest }: StoredSnapshot, { trustSchema }: RestoreChoices): Promise<boolean> {
    return trustSchema !== true && !(await this.origin.recognises(manifest));
  }

  private async emptiness(database: DatabaseTarget): Promise<Exclude<Occupancy, 'rows'>> {
    const occupancy = await this.host.run('database.occupancy', database);
    if (occupancy !== 'rows') return occupancy;
    throw new BackupError(
      'CONFIRMATION_REQUIRED',
      'The database is not empty, and the restore would replace its rows without a safety snapshot. Nothing was changed.',
    );
  }
}

/** Over rows that were there, whoever restores what fits has said that the rest may be left out. Elsewhere nobody has. */
function judged(outcome: RestoreOutcome, { intoEmpty, onlyIfEmpty, database }: RestoreChoices): Restored {
  const { missing = [], warnings } = outcome;
  if (intoEmpty || onlyIfEmpty || database) return outcome;
  return { ...outcome, warnings: [...warnings, ...missing], missing: [] };
}

/**
 * @param snapshot its `tables` without the counters, which come with whatever tables are chosen
 * @throws BackupError `TABLE_NOT_FOUND`, naming the tables that the snapshot has
 */
export function assertTables({ id, tables }: { id: string; tables: object }, chosen: readonly string[] = []): void {
  const unknown = chosen.filter((table) => !Object.hasOwn(tables, table));
  if (unknown.length === 0) return;
  const known = Object.keys(tables).join(', ');
  throw new BackupError(
    'TABLE_NOT_FOUND',
    `Snapshot "${id}" has no table ${unknown.map((table) => JSON.stringify(table)).join(', ')}. Its tables: ${known}.`,
  );
}
