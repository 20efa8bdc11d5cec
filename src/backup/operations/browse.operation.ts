import { Injectable } from '@nestjs/common';
import { readable, type BytePath } from '../engines/files/byte-path.js';
import { FilesEngine } from '../engines/files/files.engine.js';
import type { FilesPage, ListFilesRequest } from '../engines/files/files.requests.js';
import type { ExtractedDocument } from './extract.operation.js';
import { Places } from './places.js';
import { ofFiles, StoredSnapshots } from './stored-snapshots.js';

/** Each takes a process that reads the snapshot from its beginning; a file, for as long as it is being read. */
const MOST_AT_ONCE = 4;

/** Looks into a snapshot of files without restoring it: lists it, searches it, hands out a single file. Nothing is opened by the names in it. */
@Injectable()
export class BrowseOperation {
  private readonly lists = new Places(
    MOST_AT_ONCE,
    'Too many lists of files are being read. Try again when they are done.',
  );
  private readonly files = new Places(
    MOST_AT_ONCE,
    'Too many files are being downloaded from snapshots. Try again when they are done.',
  );

  constructor(
    private readonly snapshots: StoredSnapshots,
    private readonly engine: FilesEngine,
  ) {}

  /**
   * One page of a folder, or of what a search finds.
   * @throws BackupError `SNAPSHOT_NOT_FOUND`, `FILE_NOT_FOUND`, `WRONG_FILE_TYPE`, `SNAPSHOT_CORRUPT`, `UNSUPPORTED` for a snapshot that is not one of files, `BUSY`
   */
  list(id: string, request: Omit<ListFilesRequest, 'snapshot'>, signal?: AbortSignal): Promise<FilesPage> {
    return this.lists.during(() =>
      this.snapshots.read(id, (stored) =>
        this.engine.list({ ...request, snapshot: ofFiles(stored) }, { ...(signal && { signal }) }),
      ),
    );
  }

  /** A regular file, out of a differential or its base. @throws BackupError as {@link list}; a fault that shows later destroys the stream */
  file(id: string, path: BytePath, signal?: AbortSignal): Promise<ExtractedDocument> {
    const run = { ...(signal && { signal }) };
    return this.files.whileOpen(() =>
      this.snapshots.read(id, async (stored) => {
        const snapshot = ofFiles(stored);
        const found = await this.engine.find({ snapshot, path }, run);
        const stream = await this.engine.content({ snapshot, path: found.path }, run);
        return { stream, filename: readable(found.name), size: found.sizeBytes };
      }),
    );
  }
}
