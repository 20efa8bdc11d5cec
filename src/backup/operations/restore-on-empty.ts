import { Injectable, Logger } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { asBackupError, type BackupError } from '../model/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { holds, isBundle } from '../model/sources.js';
import { DatabaseRestorer } from './database.restorer.js';
import { resultOf } from './job-outcome.js';
import { JobQueue } from './job.queue.js';
import { ResolvedOptions } from './resolved-options.js';
import { RestoreOperation } from './restore.operation.js';

/**
 * Restores the newest snapshot by itself when an application starts on a database without a single row: a new machine, a lost volume. If there is any
 * row at all, an account for example, it changes nothing.
 */
@Injectable()
export class RestoreOnEmpty {
  private readonly logger = new Logger('Backup');

  constructor(
    private readonly catalog: Catalog,
    private readonly restores: RestoreOperation,
    private readonly queue: JobQueue,
    private readonly databases: DatabaseRestorer,
    private readonly options: ResolvedOptions,
  ) {}

  /** Restores the newest sound snapshot, where the application asks for that. Never throws: an application that cannot be restored starts empty, and says so. */
  async run(): Promise<void> {
    if (!this.options.restoreOnEmpty || !this.options.triggers) return;
    try {
      if (!(await this.databases.isEmpty())) return;
      await this.catalog.indexed(); // an application without its data need not be served sooner
      await this.restoreNewest();
    } catch (error) {
      this.report(asBackupError(error));
    }
  }

  private report({ code, message, details }: BackupError): void {
    if (code !== 'RESTORE_INCOMPLETE')
      return this.logger.error(`Could not restore the database at the start: ${message}`);
    this.logger.error(message);
    for (const each of details['missing'] as string[]) this.logger.error(each);
  }

  private async restoreNewest(): Promise<void> {
    for (const point of await this.catalog.restorePoints()) {
      const snapshot = await this.ofDatabase(point);
      if (snapshot === undefined || !Object.values(snapshot.tables).some(({ rows }) => rows > 0)) continue;
      try {
        await this.restore(snapshot);
        return;
      } catch (thrown) {
        const { code, message } = asBackupError(thrown);
        if (code !== 'SNAPSHOT_CORRUPT' && code !== 'ARCHIVE_CORRUPT') throw thrown;
        this.logger.warn(`Skipped ${snapshot.id}, which is damaged: ${message}`);
      }
    }
    this.logger.log('The database is empty and was not restored: there is no sound snapshot of all its tables');
  }

  /** The snapshot, or its part, that is of the default database. */
  private async ofDatabase(point: Snapshot): Promise<Snapshot | undefined> {
    const ids = isBundle(point.source) ? await this.catalog.partsOf(point.id) : [];
    const parts = isBundle(point.source) ? await Promise.all(ids.map((id) => this.catalog.get(id))) : [point];
    return parts.find(({ source, data_source }) => holds(source, 'database') && data_source === null);
  }

  private async restore({ id, created_at }: Snapshot): Promise<void> {
    this.logger.log(`The database is empty: restoring ${id} of ${created_at}`);
    // There is nothing to lose, so no safety snapshot; migrations since then are what an update of the application brings.
    const choices = { confirm: id, skipSafetySnapshot: true, allowSchemaChanges: true, onlyIfEmpty: true };
    const job = await this.restores.request(id, choices, 'restore_on_empty');
    const { warnings } = resultOf('restore', await this.queue.whenFinished(job.id));
    for (const warning of warnings) this.logger.warn(warning);
  }
}
