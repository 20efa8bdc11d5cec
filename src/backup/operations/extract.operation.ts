import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import { SnapshotEngines } from '../engines/snapshot.engines.js';
import type { RowsRequest } from '../engines/database.engine.js';
import { BackupError } from '../model/errors.js';
import { contentOf } from '../model/manifest.js';
import type { Snapshot } from '../model/snapshot.js';
import { idOfDocumentName, isArchiveName } from '../model/snapshot-id.js';
import { ofDatabase, StoredSnapshots } from './stored-snapshots.js';

/** A document on its way out. */
export interface ExtractedDocument {
  stream: Readable;
  /** What to call it. */
  filename: string;
  /** In bytes, where it is known beforehand. */
  size: number | null;
  /** What the stream is compressed by on its way, though `filename` does not say so. @default nothing */
  encoding?: 'gzip';
}

const GZIP_ENDING = '.gz';
/** A JSON document; what else ends so is compressed by its own form. */
const isCompressed = (filename: string): boolean => filename.endsWith(`.json${GZIP_ENDING}`);

/** Reads a snapshot, or part of it, without touching live data. Refusals come before the first byte; a later fault destroys the stream. */
@Injectable()
export class ExtractOperation {
  constructor(
    private readonly catalog: Catalog,
    private readonly repository: SnapshotRepository,
    private readonly snapshots: StoredSnapshots,
    private readonly engines: SnapshotEngines,
  ) {}

  /**
   * The complete document, a differential put together with its base.
   * @param options.takesGzip a compressed one may come as it is stored, with `encoding` set
   */
  document(id: string, { takesGzip = false } = {}): Promise<ExtractedDocument> {
    return this.snapshots.read(id, async (snapshot, { filename, kind }) => {
      const isFull = kind === 'full';
      const asStored = isFull && takesGzip && isCompressed(filename);
      const { bytes } = contentOf(snapshot.manifest);
      return {
        stream: await this.engines.of(snapshot.manifest).read({ snapshot, view: asStored ? 'stored' : 'document' }),
        filename: isCompressed(filename) ? filename.slice(0, -GZIP_ENDING.length) : filename,
        size: asStored ? snapshot.manifest.file_size_bytes : isFull ? bytes : null,
        ...(asStored && { encoding: 'gzip' as const }),
      };
    });
  }

  /** The bytes as they are stored; their checksum is compared on the way. */
  raw(id: string): Promise<ExtractedDocument> {
    return this.snapshots.read(id, async (snapshot, { filename, size_bytes }) => ({
      stream: await this.engines.of(snapshot.manifest).read({ snapshot, view: 'stored' }),
      filename,
      size: size_bytes,
    }));
  }

  /** Rows of one table, as JSON. @throws BackupError `TABLE_NOT_FOUND` */
  table(id: string, table: string, offset: number, limit: number): Promise<Readable> {
    return this.snapshots.read(id, (snapshot, listed) => {
      if (!Object.hasOwn(snapshot.manifest.tables, table)) {
        const known = Object.keys(listed.tables).join(', ');
        throw new BackupError(
          'TABLE_NOT_FOUND',
          `Snapshot "${id}" has no table of this name. ${known === '' ? 'It holds no tables.' : `Its tables: ${known}.`}`,
        );
      }
      return this.rows({ snapshot: ofDatabase(snapshot), view: 'table', table, offset, limit });
    });
  }

  /** All rows of a snapshot that lies in an archive. @throws BackupError `ARCHIVE_NOT_FOUND`, `FILE_NOT_IN_ARCHIVE`, `ARCHIVE_CORRUPT` */
  async extract(archive: string, filename: string): Promise<Readable> {
    const archives = isArchiveName(archive) ? await this.repository.listArchives() : [];
    if (!archives.some((known) => known.filename === archive)) {
      throw new BackupError('ARCHIVE_NOT_FOUND', 'There is no archive with this name.', { advice: ['list_archives'] });
    }
    const snapshot = ofDatabase(await this.snapshots.locate(await this.findIn(archive, filename)));
    return this.rows({ snapshot, view: 'extract', archive });
  }

  private rows(request: RowsRequest): Promise<Readable> {
    return this.engines.of(request.snapshot.manifest).readRows(request);
  }

  /** By the catalog; by opening the archive where that does not know: a damaged one, or one whose snapshots are still in the folder as well. */
  private async findIn(archive: string, filename: string): Promise<Pick<Snapshot, 'id' | 'filename' | 'archive'>> {
    const id = idOfDocumentName(filename);
    const listed = id === undefined ? null : await this.catalog.find(id);
    if (listed?.archive === archive) return listed;
    for (const found of await this.repository.readArchive(archive)) {
      if ('problem' in found)
        throw new BackupError('ARCHIVE_CORRUPT', `The archive ${archive} is damaged: ${found.problem}`);
      if (found.manifest.id === id) return { id, filename: found.manifest.filename, archive };
    }
    throw new BackupError('FILE_NOT_IN_ARCHIVE', `There is no such snapshot in ${archive}.`, {
      advice: ['list_archives'],
    });
  }
}
