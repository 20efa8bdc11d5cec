import { buffer } from 'node:stream/consumers';
import { BackupError } from '../../model/errors.js';
import type { FullManifest, Manifest } from '../../model/manifest.js';
import type { TaskContext } from '../../system/child-task-server.js';
import { openContent } from '../shared/document.content.js';
import { verifyBytes } from '../shared/verify-bytes.js';
import type { StoredSnapshot, VerifyRequest } from '../snapshot.engine.js';

interface NamedPart {
  id?: unknown;
  source?: unknown;
  filename?: unknown;
  size_bytes?: unknown;
  checksum?: unknown;
}

/** @throws BackupError `SNAPSHOT_CORRUPT`, `ARCHIVE_CORRUPT` */
export async function verifyTask(
  { snapshot, parts }: VerifyRequest<FullManifest>,
  context: TaskContext,
): Promise<null> {
  await verifyBytes(snapshot, context);
  await proveParts(snapshot, parts);
  return null;
}

/**
 * Compares the document of a bundle with its manifest, and what it says of each part with the part's own manifest.
 * @param parts as far as they can be found
 * @throws BackupError `SNAPSHOT_CORRUPT`
 */
async function proveParts(
  { manifest, document }: StoredSnapshot<FullManifest>,
  parts: readonly Manifest[] = [],
): Promise<void> {
  const declared = parse(await buffer(await openContent(document, manifest.codec)));
  if (declared?.id !== manifest.id) throw contradiction(manifest, '"id"');
  if (declared.created_at !== manifest.created_at) throw contradiction(manifest, '"created_at"');
  const named = Array.isArray(declared.parts) ? (declared.parts as NamedPart[]) : [];
  if (named.map(({ id }) => id).join() !== manifest.parts.join()) throw contradiction(manifest, '"parts"');
  for (const part of parts) {
    const promised = named.find(({ id }) => id === part.id);
    if (promised && !isSame(promised, part)) throw contradiction(manifest, `facts about its part ${part.id}`);
  }
}

const isSame = (declared: NamedPart, part: Manifest): boolean =>
  declared.source === part.source &&
  declared.filename === part.filename &&
  declared.size_bytes === part.file_size_bytes &&
  declared.checksum === part.checksum;

function parse(bytes: Buffer): { id?: unknown; created_at?: unknown; parts?: unknown } | null {
  try {
    return JSON.parse(bytes.toString()) as { id?: unknown } | null;
  } catch {
    return null;
  }
}

const contradiction = ({ id }: Manifest, what: string): BackupError =>
  new BackupError(
    'SNAPSHOT_CORRUPT',
    `Snapshot "${id}" contradicts itself: its document and its manifest differ in ${what}. Use another snapshot.`,
  );
