import { openStored, type StoredFile } from '../../archive/stored-file.js';
import { BackupError } from '../../model/errors.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { readDifferential, readDocument, type DocumentPart } from './document.reader.js';
import { spliceDocument } from './differential/splice-document.js';

/** A snapshot's document as the complete one it stands for: a differential is put together with its base on the way. */
export async function* materialise({ manifest, document, base }: StoredSnapshot): AsyncGenerator<DocumentPart> {
  if (manifest.kind === 'full') {
    yield* readStored(document, readDocument);
    return;
  }
  if (base?.manifest.kind !== 'full')
    throw new BackupError(
      'SNAPSHOT_CORRUPT',
      `Snapshot "${manifest.id}" has no base to build on. Use another snapshot.`,
    );
  yield* spliceDocument(
    readStored(base.document, readDocument),
    readStored(document, readDifferential),
    base.manifest.id,
  );
}

async function* readStored<T>(
  file: StoredFile,
  read: (bytes: AsyncIterable<Buffer>) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const bytes = await openStored(file);
  try {
    yield* read(bytes as AsyncIterable<Buffer>);
  } finally {
    bytes.destroy();
  }
}
