import { Injectable } from '@nestjs/common';
import { DatabaseEngines } from '../engines/database-engines.js';
import { EngineHost } from '../engines/engine-host.js';
import type { StoredSnapshot } from '../engines/snapshot.engine.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import type { TaskRun } from '../system/child-task.js';
import { ResolvedOptions } from './resolved-options.js';
import type { RestoreChoices, Restored, Restorer } from './restorer.js';
import { ofDatabase } from './stored-snapshots.js';

/** Puts a database back: it is then exactly as the snapshot says, or as it was. */
@Injectable()
export class DatabaseRestorer implements Restorer {
  constructor(
    private readonly engines: DatabaseEngines,
    private readonly host: EngineHost,
    private readonly options: ResolvedOptions,
  ) {}

  /** Whether no captured table of the application's database holds a row. */
  isEmpty(): Promise<boolean> {
    return this.host.run('isEmpty', this.options.database());
  }

  /** @throws BackupError `TABLE_NOT_FOUND`, `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT`, `SCHEMA_MISMATCH` with `differences` */
  async assertRestorable(stored: StoredSnapshot<Manifest>, choices: RestoreChoices, run?: TaskRun): Promise<void> {
    const snapshot = ofDatabase(stored);
    const { engine, database } = this.placeOf(snapshot);
    assertTables(snapshot.manifest, choices.tables);
    const differences = await engine.checkRestorable({ database, snapshot, tables: choices.tables ?? null }, run);
    if (differences.length === 0 || choices.allowSchemaChanges) return;
    throw new BackupError(
      'SCHEMA_MISMATCH',
      `The schema has changed since snapshot "${snapshot.manifest.id}" was taken (${differences.length} differences). Nothing was changed. ` +
        'Bring the schema back to that state, or send "allow_schema_changes": true to restore what fits.',
      { differences },
    );
  }

  restore(stored: StoredSnapshot<Manifest>, choices: RestoreChoices, run: TaskRun): Promise<Restored> {
    const snapshot = ofDatabase(stored);
    const { engine, database } = this.placeOf(snapshot);
    const { tables = null, allowSchemaChanges = false } = choices;
    return engine.restore({ database, snapshot, tables, allowSchemaChanges }, run);
  }

  /** What reads a snapshot, and where it goes. */
  private placeOf({ manifest }: StoredSnapshot) {
    return { engine: this.engines.of(manifest.engine), database: this.options.database(manifest.data_source) };
  }
}

/** @throws BackupError `TABLE_NOT_FOUND`, naming the tables that the snapshot has */
export function assertTables(snapshot: { id: string; tables: object }, tables: readonly string[] = []): void {
  const unknown = tables.filter((table) => !Object.hasOwn(snapshot.tables, table));
  if (unknown.length === 0) return;
  const known = Object.keys(snapshot.tables).join(', ');
  throw new BackupError(
    'TABLE_NOT_FOUND',
    `Snapshot "${snapshot.id}" has no table ${unknown.map((table) => JSON.stringify(table)).join(', ')}. Its tables: ${known}.`,
  );
}
