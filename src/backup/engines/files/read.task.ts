import type { FilesManifest } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { readContentTask } from '../shared/read.tasks.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { Compressor, compressionOf } from './compression.js';
import { factsMember, listHeader } from './document.members.js';
import { entryLine } from './file.entry.js';
import { END_OF_TAR, paddingAfter, tarHeader } from './tar.header.js';
import { Tree } from './tree.js';
import { headLine } from './tree.list.js';

/** Answers on standard output with the complete tar: as it is stored, or put together of a differential and its base, in the same compression. */
export async function readDocumentTask(
  { snapshot }: { snapshot: StoredSnapshot<FilesManifest> },
  context: TaskContext,
): Promise<null> {
  const { base } = snapshot;
  if (!base) return readContentTask({ snapshot }, context);
  await writeWholeDocument({ ...snapshot, base }, context);
  return null;
}

type Differential = StoredSnapshot<FilesManifest> & { base: StoredSnapshot<FilesManifest> };

/** Writes a differential and its base as the one complete tar that they stand for; its list is the differential's, to the byte. */
async function writeWholeDocument(snapshot: Differential, context: TaskContext): Promise<void> {
  const { id, filename, created_at } = snapshot.manifest;
  const tree = await Tree.open(snapshot);
  const compressor = new Compressor(compressionOf(filename), (bytes) => context.write(bytes));
  try {
    const listBytes = await sizeOfList(tree);
    await context.ready();
    const facts = factsMember({ id, kind: 'full', base: null, created_at });
    await compressor.write(Buffer.concat([facts.header, facts.content, paddingAfter(facts.content.length)]));
    await compressor.write(listHeader(listBytes, created_at));
    for await (const line of lines(tree)) await compressor.write(Buffer.from(line));
    await compressor.write(paddingAfter(listBytes));
    for await (const { entry, content } of tree.items()) {
      if (entry.type === 'skipped') continue;
      await compressor.write(tarHeader(entry));
      await content((piece) => compressor.write(piece));
      if (entry.type === 'file') await compressor.write(paddingAfter(entry.size));
    }
    await compressor.write(END_OF_TAR);
    await compressor.end();
  } finally {
    await compressor.abandon();
    await tree.close();
  }
}

async function sizeOfList(tree: Tree): Promise<number> {
  let size = 0;
  for await (const line of lines(tree)) size += Buffer.byteLength(line);
  return size;
}

async function* lines(tree: Tree): AsyncGenerator<string> {
  yield `${headLine(tree.head)}\n`;
  for await (const entry of tree.list()) yield `${entryLine(entry)}\n`;
}
