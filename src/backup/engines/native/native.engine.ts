import type { Readable } from 'node:stream';
import { BackupError } from '../../model/errors.js';
import type { DatabaseManifest } from '../../model/manifest.js';
import type { DocumentEnding } from '../../model/snapshot-id.js';
import type { TaskRun } from '../../system/child-task.js';
import {
  DatabaseEngine,
  type CapturedDocument,
  type CaptureRequest,
  type CheckRestorableRequest,
  type ConfirmRequest,
  type RestoreOutcome,
  type RestoreRequest,
  type RowsRequest,
  type SchemaDifference,
} from '../database.engine.js';
import type { DatabaseTarget } from '../database-target.js';
import type { EngineHost } from '../engine-host.js';
import type { ReadRequest, VerifyRequest } from '../snapshot.engine.js';
import type { NativeOptions } from './native.options.js';
import { refuseChosenTables } from './schema-differences.js';

const ENDINGS = { sqlite: '.db', postgres: '.dump', mysql: '.sql.gz' } as const satisfies Record<
  DatabaseTarget['type'],
  DocumentEnding
>;

/**
 * Snapshots in the databases' own forms: a copy of the SQLite file, an archive of `pg_dump`, a dump of `mariadb-dump` or `mysqldump`. Always full ones of whole
 * databases. The work is done in the engine host, and by the databases' own programs below it.
 */
export class NativeEngine extends DatabaseEngine {
  override readonly takesDifferentials = false;
  override readonly takesCodec = false;
  override readonly adviceOnSchema = 'replace_schema';

  constructor(
    private readonly host: EngineHost,
    private readonly options: NativeOptions = {},
  ) {
    super();
  }

  override documentEnding({ type }: DatabaseTarget): DocumentEnding {
    return ENDINGS[type];
  }

  /** @throws BackupError `UNSUPPORTED` too for a plan of chosen tables, or where a program is missing or does not fit the server */
  override capture(request: CaptureRequest, run?: TaskRun): Promise<CapturedDocument> {
    return this.host.run('native.capture', { ...request, options: this.options }, run);
  }

  override restore(request: RestoreRequest, run?: TaskRun): Promise<RestoreOutcome> {
    return this.host.run('native.restore', { ...request, options: this.options }, run);
  }

  override assertSeparable({ database, snapshot, tables }: Omit<RestoreRequest, 'allowSchemaChanges'>): void {
    if (database.type !== 'sqlite') refuseChosenTables(snapshot, tables);
  }

  override checkRestorable(request: CheckRestorableRequest, run?: TaskRun): Promise<SchemaDifference[]> {
    return this.host.run('native.checkRestorable', { ...request, options: this.options }, run);
  }

  /** Of a server all of them: its document is a script, which runs as a whole. */
  override statementsToConfirm(request: ConfirmRequest, run?: TaskRun): Promise<string[]> {
    if (request.database.type === 'sqlite') return this.host.run('database.statementsToConfirm', request, run);
    return Promise.resolve(request.snapshot.manifest.schema.ddl);
  }

  override async verify({ snapshot }: VerifyRequest<DatabaseManifest>, run?: TaskRun): Promise<void> {
    await this.host.run('native.verify', { snapshot, options: this.options }, run);
  }

  override read({ snapshot, view }: ReadRequest<DatabaseManifest>, run?: TaskRun): Promise<Readable> {
    return this.host.stream(view === 'stored' ? 'stored.read' : 'stored.readContent', { snapshot }, run);
  }

  /** @throws BackupError `UNSUPPORTED`: rows are not read out of a native document */
  override readRows({ snapshot }: RowsRequest): Promise<Readable> {
    const { filename } = snapshot.manifest;
    return Promise.reject(
      new BackupError(
        'UNSUPPORTED',
        `Rows cannot be looked up in "${filename}", which the database's own program wrote. Download it and read it with that program, or let the plan use the engine "json".`,
      ),
    );
  }
}
