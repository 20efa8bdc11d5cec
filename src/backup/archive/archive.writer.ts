import { open, rm, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BackupError } from '../model/errors.js';
import { byName, faultOfName, foldName, MAX_ENTRIES } from './archive.names.js';
import { GzipBody } from './gzip-frame.js';
import { ZipWriter } from './zip.writer.js';

export interface ArchiveEntryInput {
  name: string;
  modifiedAt: Date;
  /** Called when it is this entry's turn; the stream is read to its end, or destroyed. */
  open(): Readable | Promise<Readable>;
  /** Set where the stream is a gzip file of this program's: its deflate stream becomes the entry as it is. `size` is that of the content. */
  gzipOf?: { size: number };
}

/** How a long operation on an archive is watched and stopped. */
export interface ArchiveRun {
  signal?: AbortSignal;
  onEntry?: (done: number, total: number) => void;
}

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

async function pack(file: FileHandle, entries: readonly ArchiveEntryInput[], run: ArchiveRun): Promise<void> {
  const zip = new ZipWriter(file);
  for (const [index, entry] of entries.entries()) {
    assertNotCancelled(run);
    const source = await entry.open();
    try {
      await addEntry(zip, entry, source, run);
    } finally {
      source.destroy();
    }
    run.onEntry?.(index + 1, entries.length);
  }
  await zip.end();
}

async function addEntry(zip: ZipWriter, input: ArchiveEntryInput, source: Readable, run: ArchiveRun): Promise<void> {
  const modifiedAt = new Date(Math.max(input.modifiedAt.getTime() || ZIP_EPOCH, ZIP_EPOCH));
  const entry = { name: input.name, modifiedAt };
  const cancel = () => source.destroy(cancelled());
  run.signal?.addEventListener('abort', cancel, { once: true });
  try {
    if (input.gzipOf === undefined) return await zip.add(entry, source);
    const body = new GzipBody(source as AsyncIterable<Buffer>);
    const { size } = input.gzipOf;
    return await zip.addDeflated(entry, body.deflated(), () => ({ crc32: body.crc32, size }));
  } finally {
    run.signal?.removeEventListener('abort', cancel);
  }
}

function assertNotCancelled({ signal }: ArchiveRun): void {
  if (signal?.aborted) throw cancelled();
}

const cancelled = () => new BackupError('CANCELLED', 'Writing the archive was cancelled.');
