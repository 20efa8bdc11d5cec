import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { openContent } from '../../shared/document.content.js';
import { BackupError } from '../../../model/errors.js';
import { contentOf } from '../../../model/manifest.js';
import type { TaskContext } from '../../../system/child-task-server.js';
import type { ServerTarget } from '../../database-target.js';
import { withDatabase } from '../../dialects/mysql/mysql.sequence-uses.js';
import type { StoredSnapshot } from '../../snapshot.engine.js';
import { DumpContents } from './dump.contents.js';
import { DumpCutShort, readDump, type DumpSection } from './dump.reader.js';
import type { MysqlPrograms } from './mysql.programs.js';
import { exactPosition } from './mysql.sequences.js';

/** Before a view's placeholder; where a table of that name is, nothing of ours may drop it. */
const DROP_TABLE = Buffer.from('DROP TABLE ');

/** Runs parts of a stored dump. */
export class DumpLoader {
  constructor(
    private readonly programs: MysqlPrograms,
    private readonly target: ServerTarget,
    private readonly snapshot: StoredSnapshot,
    private readonly context: TaskContext,
  ) {}

  /** Runs these sections of the dump in a database. @returns what all of it holds */
  async load(database: string, sections: DumpSection[]): Promise<DumpContents> {
    const { manifest, document } = this.snapshot;
    const promised = 1 + Object.values(manifest.tables).reduce((sum, { rows }) => sum + rows, 0);
    const contents = new DumpContents(manifest.database.name, this.target.migrationsTable);
    const hash = createHash('sha256');
    const stored = await openContent(document, manifest.codec);
    const gunzip = createGunzip();
    stored.on('data', (piece: Buffer) => void hash.update(piece));
    stored.once('error', (error) => gunzip.destroy(error)).pipe(gunzip);
    const client = await this.programs.client(this.target, database);
    client.output.resume();
    let rows = 0;
    try {
      for await (const part of readDump(gunzip as AsyncIterable<Buffer>)) {
        contents.take(part);
        if (part.part === 'end') break;
        const section = part.part === 'rows' ? 'table' : part.section;
        if (sections.includes(section))
          await client.write(part.part === 'rows' ? part.line : this.adapted(section, part.line, contents));
        if (part.part === 'rows') rows += part.rows.length;
        this.context.report({ stage: 'restore', progress: (0.6 * rows) / promised });
      }
      if (hash.digest('hex') !== contentOf(manifest).sha256) throw corrupt(manifest.id, 'its checksum differs');
      client.endInput();
      await client.assertSucceeded();
      return contents;
    } catch (error) {
      if (isUnreadable(error)) throw corrupt(manifest.id, 'it cannot be unpacked, or ends too early');
      throw error;
    } finally {
      stored.destroy();
      client.kill();
    }
  }

  /** What is run instead of a line that is no row. */
  private adapted(section: DumpSection, line: Buffer, { sequences }: DumpContents): Buffer | string {
    if (section === 'placeholder' && line.subarray(0, DROP_TABLE.length).equals(DROP_TABLE)) return '';
    if (section === 'sequence') return exactPosition(line.toString(), sequences);
    const then = this.snapshot.manifest.database.name;
    if (section !== 'table' || then === this.target.database) return line;
    return withDatabase(line.toString(), then, this.target.database);
  }
}

const isUnreadable = (error: unknown): boolean =>
  error instanceof DumpCutShort || String((error as { code?: unknown }).code).startsWith('Z_');

const corrupt = (id: string, why: string): BackupError =>
  new BackupError('SNAPSHOT_CORRUPT', `The document of snapshot "${id}" is damaged: ${why}. Use another snapshot.`);
