import { realpathSync, statSync, type BigIntStats } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { BackupError } from '../../model/errors.js';
import type { FilesManifest, FilesSummary } from '../../model/manifest.js';
import type { SnapshotWarning } from '../../model/snapshot-warning.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { temporaryPath } from '../../system/temporary-file.js';
import { discard, discardAtExit } from '../../system/unfinished-file.js';
import { DocumentOutput } from '../shared/document.output.js';
import { FullNeeded } from '../shared/full-needed.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { bytePath, comparePaths, pathBytes } from './byte-path.js';
import { Compressor, compressionOf } from './compression.js';
import { ContentSpool } from './content.spool.js';
import { factsMember, listHeader, OWN_FOLDER, type DocumentFacts } from './document.members.js';
import { FilesIndex, indexHead, indexPathOf } from './files.index.js';
import type { CapturedFiles, CaptureFilesRequest } from './files.requests.js';
import { LineFile, piecesOf } from './list.file.js';
import { proveDocument } from './verify.task.js';
import { Selection } from './selection.js';
import { paddingAfter } from './tar.header.js';
import { TreeCapture } from './tree.capture.js';
import { headLine } from './tree.list.js';
import { areRoots } from './tree.rules.js';
import { walkTree, type WalkRoot } from './tree.walk.js';

/** A differential of more than a third of its base is not worth reading two files. */
const LARGEST_SHARE_OF_BASE = 1 / 3;

interface Paths {
  document: string;
  list: string;
  content: string;
  index: string;
}

/** What was captured, before it is one document. */
interface CapturedTree {
  kind: 'full' | 'differential';
  base: string | null;
  files: FilesSummary;
  warnings: SnapshotWarning[];
  listBytes: number;
}

/** Captures folders into a document that stands aside, fsynced and proven: read back, and every digest compared. */
export async function captureFilesTask(request: CaptureFilesRequest, context: TaskContext): Promise<CapturedFiles> {
  const started = process.hrtime.bigint();
  const paths = asidePaths(request);
  const finished = Object.values(paths).map(discardAtExit);
  try {
    const { tree, fullReason } = await captureTree(request, paths, context);
    context.report({ stage: 'write', progress: 0.7 });
    const written = await assemble(request, tree, paths);
    const { kind, base, files } = tree;
    const { id, createdAt, documentPath } = request;
    const filename = basename(documentPath);
    const { codec, contentSha256 = written.checksum } = written.encoding ?? {};
    const facts = { id, filename, kind, base, created_at: createdAt, contentSha256, files, ...(codec && { codec }) };
    context.report({ stage: 'check', progress: 0.85 });
    await prove(facts, paths.document);
    await context.breathe(); // nobody is there to publish it when the program was killed meanwhile
    return {
      temporaryPath: paths.document,
      temporaryIndexPath: kind === 'full' ? paths.index : null,
      kind,
      base,
      fullReason,
      state: null,
      ...written,
      durationMs: Number((process.hrtime.bigint() - started) / 1_000_000n),
      files,
      warnings: tree.warnings,
    };
  } catch (error) {
    discard(paths.document);
    discard(paths.index);
    throw error;
  } finally {
    discard(paths.list);
    discard(paths.content);
    for (const keep of finished) keep();
  }
}

function asidePaths({ documentPath, id }: CaptureFilesRequest): Paths {
  return {
    document: temporaryPath(documentPath),
    list: temporaryPath(`${documentPath}.list`),
    content: temporaryPath(`${documentPath}.content`),
    index: temporaryPath(indexPathOf(documentPath, id)),
  };
}

/** A differential if there can be one, else everything. */
async function captureTree(request: CaptureFilesRequest, paths: Paths, context: TaskContext) {
  try {
    if (typeof request.base === 'string') throw new FullNeeded(request.base);
    return { tree: await write(request, request.base, paths, context), fullReason: null };
  } catch (error) {
    if (!(error instanceof FullNeeded)) throw error;
    return { tree: await write(request, null, paths, context), fullReason: error.reason };
  }
}

async function write(
  request: CaptureFilesRequest,
  base: StoredSnapshot<FilesManifest> | null,
  paths: Paths,
  context: TaskContext,
): Promise<CapturedTree> {
  const roots = rootsOf(request.paths);
  const { include, exclude, compression } = request;
  const selection = new Selection(include, exclude);
  const head = { roots: roots.map(({ path }) => path), include, exclude };
  if (base && compressionOf(base.manifest.filename) !== compression) throw new FullNeeded('selection_changed');
  const before = base && new FilesIndex(base, head);

  context.report({ stage: 'capture', progress: 0 });
  const list = new LineFile(paths.list);
  const index = base ? null : new LineFile(paths.index);
  const spool = new ContentSpool(paths.content, compression);
  const limit = base && { index: before!, limitBytes: base.manifest.file_size_bytes * LARGEST_SHARE_OF_BASE };
  try {
    list.write(headLine(head));
    index?.write(indexHead(request.id));
    index?.write(headLine(head));
    const capture = new TreeCapture({ roots, list, spool, index, base: limit });
    const isBackupFolder = sameAs(dirname(request.documentPath));
    const faultOf = (folder: BigIntStats) => (isBackupFolder(folder) ? 'it is the folder of the backups' : undefined);
    for (const found of walkTree(roots, selection, faultOf)) {
      await capture.take(found);
      await context.breathe();
    }
    await spool.finish();
    index?.finish();
    const { size, sha256 } = list.finish();
    return {
      kind: base ? 'differential' : 'full',
      base: base?.manifest.id ?? null,
      files: capture.summary(sha256),
      warnings: capture.warnings(),
      listBytes: size,
    };
  } finally {
    await spool.close();
    list.close();
    index?.close();
    before?.close();
  }
}

/** One document of its parts: what it is, the list, the members. */
async function assemble(request: CaptureFilesRequest, tree: CapturedTree, paths: Paths) {
  const { id, createdAt, compression, codec } = request;
  const output = new DocumentOutput(paths.document, codec);
  try {
    const compressor = new Compressor(compression, (bytes) => output.write(bytes));
    const { header, content } = factsMember({ id, kind: tree.kind, base: tree.base, created_at: createdAt });
    await compressor.write(Buffer.concat([header, content, paddingAfter(content.length)]));
    await compressor.write(listHeader(tree.listBytes, createdAt));
    for (const piece of piecesOf(paths.list)) await compressor.write(Buffer.from(piece));
    await compressor.write(paddingAfter(tree.listBytes));
    await compressor.end();
    for (const piece of piecesOf(paths.content)) output.write(piece);
  } catch (error) {
    output.abandon();
    throw error;
  }
  return output.finish();
}

/** What a disk says it stored is not always what it gives back: a snapshot is listed only after it was read again as a restore reads it. */
async function prove(facts: DocumentFacts, path: string): Promise<void> {
  try {
    await proveDocument(facts, { path, entry: null });
  } catch (error) {
    throw new BackupError(
      'ENGINE_FAILED',
      `The snapshot is different when it is read back. Check the disk before you rely on it. (${(error as Error).message})`,
      {},
      { cause: error },
    );
  }
}

/** @throws BackupError `CONFIG_INVALID` */
function rootsOf(paths: readonly string[]): WalkRoot[] {
  const roots = paths
    .map((path) => ({ path: bytePath(resolve(path)).slice(1), absolute: realPath(path) }))
    .sort((a, b) => comparePaths(a.path, b.path));
  const names = roots.map(({ path }) => path);
  if (!areRoots(names) || names.some((name) => name.split('/')[0] === OWN_FOLDER))
    throw new BackupError(
      'CONFIG_INVALID',
      `The paths ${paths.map((path) => JSON.stringify(path)).join(', ')} cannot be captured together: name at least one folder or file, none of them ` +
        'twice or inside another, and not the root of the file system. Correct the plan.',
    );
  return roots;
}

function realPath(path: string): string {
  try {
    if (!isAbsolute(path)) throw new Error('it is not an absolute path');
    return realpathSync.native(pathBytes(bytePath(path)), { encoding: 'latin1' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'it is not there' : (code ?? message);
    throw new BackupError(
      'CONFIG_INVALID',
      `The path ${JSON.stringify(path)} of the plan cannot be captured: ${why}. Create it, or correct the plan.`,
    );
  }
}

function sameAs(folder: string): (stats: BigIntStats) => boolean {
  const { dev, ino } = statSync(folder, { bigint: true });
  return (stats) => stats.dev === dev && stats.ino === ino;
}
