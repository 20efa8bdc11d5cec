import type { Entry } from 'yauzl';
import { ArchiveDefect, quoted } from './archive.errors.js';
import { faultOfName } from './archive.names.js';

/** Flag bits an entry may have: two that describe how hard it was deflated, a data descriptor, a UTF-8 name. */
export const HAS_DESCRIPTOR = 1 << 3;
const IS_UTF8 = 1 << 11;
const ALLOWED_FLAGS = (1 << 1) | (1 << 2) | HAS_DESCRIPTOR | IS_UTF8;
const ENCRYPTION_FLAGS = (1 << 0) | (1 << 6) | (1 << 13);

export const STORED = 0;
export const DEFLATED = 8;

/** Deflate's best: a match of 258 bytes in two bits. */
const MAX_RATIO = 1032;
/** Far more than the timestamps and 64-bit sizes that belong there; keeps the memory for a directory small. */
const MAX_EXTRA_BYTES = 512;
const UNICODE_PATH = 0x7075;

const FILE_TYPE = 0o170000;
const REGULAR = 0o100000;
const DOS_DIRECTORY = 0x10;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Returns the name of a central directory's entry, or says why an archive with such an entry is refused. */
export function vetEntry(entry: Entry): string {
  const name = vetName(entry);
  const refuse = (reason: string) => new ArchiveDefect(`its entry ${quoted(name)} ${reason}`, name);

  if (entry.generalPurposeBitFlag & ENCRYPTION_FLAGS) throw refuse('is encrypted');
  if (entry.generalPurposeBitFlag & ~ALLOWED_FLAGS) throw refuse('uses a ZIP feature that backups do not use');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw refuse(`is compressed by method ${entry.compressionMethod}, neither stored nor deflated`);
  }
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  if ((type !== 0 && type !== REGULAR) || entry.externalFileAttributes & DOS_DIRECTORY) {
    throw refuse('is a folder, a link or a device, not a file');
  }
  const { compressedSize, uncompressedSize } = entry;
  if (uncompressedSize > compressedSize * MAX_RATIO) {
    throw refuse(`claims to hold ${uncompressedSize} bytes in ${compressedSize}, which deflate cannot do`);
  }
  // That a stored entry has one size, yauzl checks itself.
  if (entry.fileCommentLength > 0) throw refuse('has a comment');
  if (entry.extraFieldLength > MAX_EXTRA_BYTES) throw refuse('has oversized extra fields');
  if (entry.extraFields.some(({ id }) => id === UNICODE_PATH)) throw refuse('has a second name');
  return name;
}

function vetName(entry: Entry): string {
  const name = decode(entry);
  if (name === undefined) throw new ArchiveDefect("an entry's name is not UTF-8 text");
  const fault = faultOfName(name);
  if (fault) throw new ArchiveDefect(fault);
  return name;
}

function decode(entry: Entry): string | undefined {
  try {
    const name = utf8.decode(entry.fileNameRaw);
    // Without the UTF-8 flag readers take other bytes than ASCII for whatever their system's code page says.
    const isAscii = name.length === entry.fileNameRaw.length;
    return isAscii || entry.generalPurposeBitFlag & IS_UTF8 ? name : undefined;
  } catch {
    return undefined;
  }
}
