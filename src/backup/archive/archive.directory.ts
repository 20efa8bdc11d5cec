import type { FileHandle } from 'node:fs/promises';
import { fromFdPromise, type Entry } from 'yauzl';
import { readEndRecord } from './archive.end-record.js';
import { DEFLATED, vetEntry } from './archive.entry-rules.js';
import { ArchiveDefect, quoted } from './archive.errors.js';
import { locateEntries } from './archive.layout.js';
import { foldName } from './archive.names.js';

/** One entry as the archive's central directory lists it. */
export interface ArchiveEntry {
  name: string;
  size: number;
  compressedSize: number;
  crc32: number;
}

export interface LocatedEntry extends ArchiveEntry {
  isDeflated: boolean;
  dataStart: number;
}

/**
 * Reads and checks everything about an archive except the entries' content.
 * @throws ArchiveDefect, or an error of yauzl's, for an archive that is not exactly what this program writes
 */
export async function readDirectory(file: FileHandle): Promise<Map<string, LocatedEntry>> {
  const { size } = await file.stat();
  const end = await readEndRecord(file, size);
  // yauzl would close the descriptor with its ZipFile; it is never closed, because the descriptor belongs to `file`.
  const zip = await fromFdPromise(file.fd, { autoClose: false, decodeStrings: false });
  const named = new Map<string, Entry>();
  const folded = new Set<string>();
  let directorySize = 0;
  for await (const entry of zip.eachEntry()) {
    const name = vetEntry(entry);
    if (folded.has(foldName(name))) throw new ArchiveDefect(`it holds two entries with the name ${quoted(name)}`, name);
    folded.add(foldName(name));
    named.set(name, entry);
    directorySize += 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
  }
  if (end.directoryStart + directorySize !== end.directoryEnd) {
    throw new ArchiveDefect('the length of its central directory does not match its end record');
  }
  const starts = await locateEntries(file, zip, named, end.directoryStart);
  return new Map([...named].map(([name, entry]) => [name, located(name, entry, starts.get(name)!)]));
}

const located = (name: string, entry: Entry, dataStart: number): LocatedEntry => ({
  name,
  size: entry.uncompressedSize,
  compressedSize: entry.compressedSize,
  crc32: entry.crc32,
  isDeflated: entry.compressionMethod === DEFLATED,
  dataStart,
});
