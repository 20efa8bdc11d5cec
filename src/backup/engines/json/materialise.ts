import { openStored } from '../../archive/stored-file.js';
import type { StoredSnapshot } from '../snapshot.engine.js';
import { readDocument, type DocumentPart } from './document.reader.js';

/** A snapshot's document as the complete one it stands for. */
export async function* materialise(snapshot: StoredSnapshot): AsyncGenerator<DocumentPart> {
  const bytes = await openStored(snapshot.document);
  try {
    yield* readDocument(bytes as AsyncIterable<Buffer>);
  } finally {
    bytes.destroy();
  }
}
