import { Injectable } from '@nestjs/common';
import { nameOf, type DatabaseTarget } from '../engines/database-target.js';
import { EngineHost } from '../engines/engine-host.js';
import type { SourceDescription } from '../engines/source.description.js';
import { asBackupError, BackupError } from '../model/errors.js';
import { DATABASE_ENGINES } from '../model/plan.js';
import { Clock } from '../system/clock.js';
import { lookInto, type AllowedFolder } from './allowed-folders.js';
import { ResolvedOptions } from './resolved-options.js';
import { BoundedQueue } from './bounded-queue.js';

/** What plans can name. The wire shape of `GET /admin/database/backups/sources`. */
export interface Sources {
  databases: DatabaseSource[];
  file_roots: AllowedFolder[];
}

/** A database of the application. */
export interface DatabaseSource extends SourceDescription {
  /** What plans call it. */
  name: string;
  type: DatabaseTarget['type'];
  /** What its server calls it, or the name of its file. */
  database_name: string;
}

/** Longer than a server is given to answer, so that what is wrong with it is told in the words for that. */
const LONGEST_MS = 15_000;
/** Databases that are asked at once; each takes a process. */
const MOST_AT_ONCE = 3;
const MOST_WAITING = 4;

/** Looks what there is to back up. What does not answer keeps nobody from the rest, nor for long. */
@Injectable()
export class SourcesQuery {
  private readonly queue = new BoundedQueue(
    MOST_WAITING,
    'Too many requests for the list of sources are waiting. Try again in a moment.',
  );

  constructor(
    private readonly host: EngineHost,
    private readonly options: ResolvedOptions,
    private readonly clock: Clock,
  ) {}

  /** @throws BackupError `BUSY` */
  sources(signal: AbortSignal = new AbortController().signal): Promise<Sources> {
    return this.queue.run(async () => {
      const [databases, file_roots] = await Promise.all([
        this.databases(signal),
        Promise.all(this.options.fileRoots.map((root) => this.folder(root))),
      ]);
      return { databases, file_roots };
    }, signal);
  }

  private async databases(signal: AbortSignal): Promise<DatabaseSource[]> {
    const names = Object.keys(this.options.databases);
    const waiting = [...names];
    const found = new Map<string, DatabaseSource>();
    const askOneByOne = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
        found.set(name, await this.database(name, signal));
    };
    await Promise.all(Array.from({ length: MOST_AT_ONCE }, askOneByOne));
    return names.map((name) => found.get(name)!);
  }

  private async database(name: string, left: AbortSignal): Promise<DatabaseSource> {
    const database = this.options.database(name);
    const { type } = database;
    const database_name = nameOf(database);
    const late = new AbortController();
    const cancel = this.clock.after(LONGEST_MS, () => late.abort(tookTooLong(name)));
    try {
      const request = { database, native: this.options.native };
      const description = await this.host.run('database.describe', request, {
        signal: AbortSignal.any([left, late.signal]),
      });
      return { name, type, database_name, ...description };
    } catch (thrown) {
      left.throwIfAborted();
      const { code, message } = asBackupError(thrown);
      const engines = DATABASE_ENGINES.map((engine) => ({ name: engine, problem: null }));
      return { name, type, database_name, tables: null, error: { error_code: code, message }, engines };
    } finally {
      cancel();
    }
  }

  private async folder(path: string): Promise<AllowedFolder> {
    let cancel = (): void => undefined;
    const late = new Promise<AllowedFolder>((resolve) => {
      const problem = `did not respond within ${LONGEST_MS / 1000} seconds`;
      cancel = this.clock.after(LONGEST_MS, () => resolve({ path, problem, folders: [] }));
    });
    return Promise.race([lookInto(path, this.options), late]).finally(cancel);
  }
}

const tookTooLong = (name: string): BackupError =>
  new BackupError(
    'DATABASE_UNAVAILABLE',
    `The database "${name}" did not respond within ${LONGEST_MS / 1000} seconds. Check the database and its URL.`,
  );
