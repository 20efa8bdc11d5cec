import { types } from 'node:util';
import { open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { finished, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { BackupError } from '../model/errors.js';
import { byName, faultOfName, foldName, MAX_ENTRIES } from './archive.names.js';

export interface ArchiveEntryInput {
  name: string;
  modifiedAt: Date;
  /** Called when it is this entry's turn; the stream is read to its end, or destroyed. */
  open(): Readable | Promise<Readable>;
}

/** How a long operation on an archive is watched and stopped. */
export interface ArchiveRun {
  signal?: AbortSignal;
  onEntry?: (done: number, total: number) => void;
}

const FILE_MODE = 0o100600;
const ZIP_EPOCH = Date.UTC(1980, 0, 2); // a day later, for zones west of Greenwich: the format keeps local time

/**
 * Streams the entries, sorted by name and deflated, into a NEW file at `path` (0600) and fsyncs it. One source is open at a time.
 * What went wrong leaves no file behind. The caller fsyncs the folder, after it has checked and renamed the file.
 */
export async function writeArchive(path: string, entries: ArchiveEntryInput[], run: ArchiveRun = {}): Promise<void> {
  assertReadable(entries);
  const file = await open(path, 'wx', 0o600);
  try {
    await pack(file, [...entries].sort(byName), run);
    await file.sync();
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined); // the first error is the one to tell
    await rm(path, { force: true });
    throw error;
  }
}

/** Nothing is written that the reader would refuse. */
function assertReadable(entries: readonly ArchiveEntryInput[]): void {
  const refuse = (fault: string) => new BackupError('ENGINE_FAILED', `The archive was not written: ${fault}.`);
  if (entries.length > MAX_ENTRIES) throw refuse(`more than ${MAX_ENTRIES} entries`);
  const names = new Set<string>();
  for (const { name } of entries) {
    const fault = faultOfName(name) ?? (names.has(foldName(name)) ? `two entries are named "${name}"` : undefined);
    if (fault) throw refuse(fault);
    names.add(foldName(name));
  }
}

async function pack(
  file: FileHandle,
  entries: readonly ArchiveEntryInput[],
  { signal, onEntry }: ArchiveRun,
): Promise<void> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let current: Readable | undefined;
  // yazl forwards neither a source's error nor its early end; either would leave the archive waiting for ever.
  const fail = (error: unknown) => output.destroy(asError(error));
  const cancel = () => fail(new BackupError('CANCELLED', 'Writing the archive was cancelled.'));
  output.on('error', () => undefined); // `writeFile` rejects with it, but may not be listening yet
  zip.on('error', fail);

  let done = 0;
  const opened = async (entry: ArchiveEntryInput): Promise<Readable> => {
    const source = await entry.open();
    if (output.destroyed) {
      source.destroy();
      throw new Error('The archive was abandoned.');
    }
    current = source;
    finished(source, { writable: false }, (error) => {
      if (error) return fail(error);
      try {
        onEntry?.(++done, entries.length);
      } catch (thrown) {
        fail(thrown);
      }
    });
    return source;
  };

  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    for (const entry of entries) {
      const mtime = new Date(Math.max(entry.modifiedAt.getTime() || ZIP_EPOCH, ZIP_EPOCH));
      zip.addReadStreamLazy(entry.name, { mtime, mode: FILE_MODE, compressionLevel: 6 }, (give) => {
        opened(entry).then((source) => give(null, source), fail);
      });
    }
    zip.end();
    await writeFile(file, output);
  } finally {
    signal?.removeEventListener('abort', cancel);
    current?.destroy();
  }
}

const asError = (thrown: unknown): Error => (types.isNativeError(thrown) ? thrown : new Error(String(thrown)));
