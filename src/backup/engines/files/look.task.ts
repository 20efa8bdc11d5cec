import { BackupError } from '../../model/errors.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { isBelow, pathText, readable, type BytePath } from './byte-path.js';
import type { FileEntry } from './file.entry.js';
import { factsOf } from './document.members.js';
import { FilesDocument } from './files.document.js';
import type {
  FileContentRequest,
  FilesPage,
  FindFileRequest,
  FoundFile,
  ListedFile,
  ListFilesRequest,
} from './files.requests.js';
import { Tree, type TreeItem } from './tree.js';

/**
 * One page of what lies in a folder of a snapshot, or of what a search finds below it, in the order of the list. Reads the list alone, line by line.
 * @throws BackupError `FILE_NOT_FOUND`, `WRONG_FILE_TYPE`, `SNAPSHOT_CORRUPT`
 */
export async function listFilesTask({ snapshot, folder, search, offset, limit }: ListFilesRequest): Promise<FilesPage> {
  const { manifest, document } = snapshot;
  const opened = await FilesDocument.open(factsOf(manifest), document);
  try {
    const isWanted = search === null ? isDirectlyIn(folder, opened.head.roots) : isFoundBy(search);
    const entries: ListedFile[] = [];
    let total = 0;
    let hasFolder = folder === null;
    for await (const entry of opened.list()) {
      if (folder !== null && !isBelow(entry.path, folder)) {
        if (hasFolder) break; // what lies in a folder stands right after it
        if (entry.path !== folder) continue;
        if (entry.type !== 'directory') throw wrongType(manifest.id, entry, 'no folder');
        hasFolder = true;
        continue;
      }
      if (!isWanted(entry)) continue;
      if (total >= offset && entries.length < limit) entries.push(listed(entry));
      total++;
    }
    if (!hasFolder) throw notFound(manifest.id);
    return { path: folder === null ? null : shownPath(folder), offset, limit, total, entries };
  } finally {
    await opened.close();
  }
}

/**
 * The regular file that a path names, through hard links.
 * @throws BackupError `FILE_NOT_FOUND`, `WRONG_FILE_TYPE`, `SNAPSHOT_CORRUPT`
 */
export async function findFileTask({ snapshot, path }: FindFileRequest): Promise<FoundFile> {
  const { manifest, document } = snapshot;
  const opened = await FilesDocument.open(factsOf(manifest), document);
  try {
    let entry = await entryAt(opened, path);
    if (entry?.type === 'hardlink') entry = await entryAt(opened, entry.target);
    if (!entry) throw notFound(manifest.id);
    if (entry.type !== 'file') throw wrongType(manifest.id, entry, 'no file');
    return { path: entry.path, name: nameOf(path), sizeBytes: entry.size };
  } finally {
    await opened.close();
  }
}

/**
 * Writes one regular file to standard output. Its last bytes go out only when all of them had the digest that the list promises; a file that comes in one piece
 * is refused before any.
 * @throws BackupError `FILE_NOT_FOUND`, `SNAPSHOT_CORRUPT`
 */
export async function fileContentTask({ snapshot, path }: FileContentRequest, context: TaskContext): Promise<null> {
  const tree = await Tree.open(snapshot);
  try {
    for await (const { entry, content } of tree.items()) {
      if (entry.path !== path || entry.type !== 'file') continue;
      await writeProven(content, context);
      return null;
    }
    throw notFound(snapshot.manifest.id);
  } finally {
    await tree.close();
  }
}

async function writeProven(content: TreeItem['content'], context: TaskContext): Promise<void> {
  let held: Buffer | null = null;
  let begun = false;
  const pass = async (piece: Buffer) => {
    if (!begun) await context.ready();
    begun = true;
    await context.write(piece);
  };
  await content(async (piece) => {
    if (held) await pass(held);
    held = piece;
  });
  await pass(held ?? Buffer.alloc(0));
}

async function entryAt(document: FilesDocument, path: BytePath): Promise<FileEntry | undefined> {
  for await (const entry of document.list()) if (entry.path === path) return entry;
  return undefined;
}

function isDirectlyIn(folder: BytePath | null, roots: readonly BytePath[]): (entry: FileEntry) => boolean {
  if (folder === null) return ({ path }) => roots.includes(path);
  return ({ path }) => path.lastIndexOf('/') === folder.length;
}

/** In the name; in the whole path where a slash is searched for. */
function isFoundBy(search: string): (entry: FileEntry) => boolean {
  const wanted = comparable(search);
  const part = wanted.includes('/') ? rootedText : (path: BytePath) => readable(nameOf(path));
  return ({ path }) => comparable(part(path)).includes(wanted);
}

/** However the letters are typed: small or capital, an accent apart or together with its letter. */
const comparable = (text: string): string => text.normalize('NFC').toLowerCase();

function listed(entry: FileEntry): ListedFile {
  return {
    path: shownPath(entry.path),
    name: readable(nameOf(entry.path)),
    type: entry.type,
    size_bytes: entry.type === 'file' ? entry.size : null,
    modified_at: entry.type === 'skipped' ? null : new Date(Number(entry.mtimeNs / 1_000_000n)).toISOString(),
    target: targetOf(entry),
    skipped_reason: entry.type === 'skipped' ? entry.reason : null,
  };
}

function targetOf(entry: FileEntry): ListedFile['target'] {
  if (entry.type === 'symlink') return pathText(entry.target);
  return entry.type === 'hardlink' ? shownPath(entry.target) : null;
}

const nameOf = (path: BytePath): BytePath => path.slice(path.lastIndexOf('/') + 1);
const shownPath = (path: BytePath) => pathText(`/${path}`);
const rootedText = (path: BytePath): string => `/${readable(path)}`;

const notFound = (id: string): BackupError =>
  new BackupError(
    'FILE_NOT_FOUND',
    `Snapshot "${id}" holds nothing of this path. List its files to see what it holds.`,
  );

const IN_WORDS = {
  file: 'a file',
  directory: 'a folder',
  symlink: 'a symbolic link, of which only the target is kept',
  hardlink: 'another name of a file',
} as const;

function wrongType(id: string, entry: FileEntry, otherwise: string): BackupError {
  const what = entry.type === 'skipped' ? `something that was left out (${entry.reason})` : IN_WORDS[entry.type];
  return new BackupError('WRONG_FILE_TYPE', `This path of snapshot "${id}" is ${otherwise}: it is ${what}.`);
}
