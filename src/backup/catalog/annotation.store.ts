import { createHash } from 'node:crypto';
import type { SnapshotRepository } from '../stores/snapshot.repository.js';
import { BackupError } from '../model/errors.js';
import { isSnapshotId } from '../model/snapshot-id.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Annotation } from './catalog.js';

/** As kept: only what was said. A null description was taken away on purpose. */
export interface StoredAnnotation {
  pinned?: true;
  description?: string | null;
}

export type Annotations = ReadonlyMap<string, StoredAnnotation>;

const FORMAT = 'nestjs-backup/annotations';

/** What the file says, or why nobody knows. */
export type FoundAnnotations = { annotations: Annotations; problem: null } | { annotations: null; problem: string };

/**
 * What people said about snapshots after they were made, in `annotations.json` beside them. It is read anew before every change, since a
 * second process (the command line) may have written it.
 */
export class AnnotationStore {
  constructor(private readonly repository: SnapshotRepository) {}

  /** Never throws: a file that cannot be used is a {@link FoundAnnotations.problem}, and then nobody knows what is pinned. */
  async read(): Promise<FoundAnnotations> {
    try {
      const text = await this.repository.readAnnotations();
      return { annotations: text === null ? new Map() : parseAnnotations(text), problem: null };
    } catch (error) {
      return { annotations: null, problem: problemOf(error) };
    }
  }

  /**
   * Adds to what is said of a snapshot.
   * @throws BackupError `CONFIG_INVALID` where the file cannot be used: it is left as it is, for whoever repairs it
   */
  async change(id: string, { pinned, description }: Annotation): Promise<StoredAnnotation> {
    const annotations = new Map(await this.known());
    const changed: StoredAnnotation = { ...annotations.get(id) };
    if (pinned === true) changed.pinned = true;
    if (pinned === false) delete changed.pinned;
    if (description !== undefined) changed.description = description;
    if (Object.keys(changed).length > 0) annotations.set(id, changed);
    else annotations.delete(id);
    await this.save(annotations);
    return changed;
  }

  /**
   * Forgets snapshots that were removed on purpose.
   * @throws BackupError where that cannot be written; what stays harms nobody
   */
  async drop(ids: readonly string[]): Promise<void> {
    const annotations = new Map(await this.known());
    const dropped = ids.filter((id) => annotations.delete(id));
    if (dropped.length > 0) await this.save(annotations);
  }

  private async known(): Promise<Annotations> {
    const { annotations, problem } = await this.read();
    if (problem === null) return annotations;
    throw new BackupError('CONFIG_INVALID', problem);
  }

  private async save(annotations: Annotations): Promise<void> {
    const snapshots = Object.fromEntries([...annotations].sort(([a], [b]) => (a < b ? -1 : 1)));
    const file = { format: FORMAT, version: 1, checksum: checksumOf(snapshots), snapshots };
    await this.repository.writeAnnotations(`${JSON.stringify(file, null, 2)}\n`);
  }
}

/** A snapshot with what was said about it; `description` is still what its manifest says. */
export function annotated<T extends Pick<Snapshot, 'description' | 'pinned'>>(
  snapshot: T,
  annotation: StoredAnnotation = {},
): T {
  const description = annotation.description === undefined ? snapshot.description : annotation.description;
  return { ...snapshot, description, pinned: annotation.pinned === true };
}

/** @throws Error saying what is wrong with it */
export function parseAnnotations(text: string): Map<string, StoredAnnotation> {
  const file: unknown = JSON.parse(text);
  if (!isRecord(file) || file['format'] !== FORMAT || file['version'] !== 1)
    throw new Error(`it is not "${FORMAT}", version 1`);
  if (!isRecord(file['snapshots'])) throw new Error('it has no "snapshots"');
  const annotations = new Map(Object.entries(file['snapshots']).map(([id, entry]) => [id, parseEntry(id, entry)]));
  const { checksum } = file;
  if (checksum !== undefined && checksum !== checksumOf(file['snapshots']))
    throw new Error('its checksum does not match its content; if you edited it by hand, remove the line "checksum"');
  return annotations;
}

function parseEntry(id: string, entry: unknown): StoredAnnotation {
  if (!isSnapshotId(id)) throw new Error(`${JSON.stringify(id)} is not the id of a snapshot`);
  if (!isRecord(entry)) throw new Error(`its entry for "${id}" is not an object`);
  const { pinned, description, ...unknown } = entry;
  const strange = Object.keys(unknown)[0];
  if (strange !== undefined) throw new Error(`"${id}" has an unknown field "${strange}"`);
  if (pinned !== undefined && typeof pinned !== 'boolean') throw new Error(`"pinned" of "${id}" is not true or false`);
  if (description !== undefined && description !== null && typeof description !== 'string') {
    throw new Error(`"description" of "${id}" is not a string`);
  }
  return { ...(pinned === true && { pinned }), ...(description !== undefined && { description }) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A digit that flipped in an id would else be a pin of another snapshot. */
const checksumOf = (snapshots: object): string => createHash('sha256').update(JSON.stringify(snapshots)).digest('hex');

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    `annotations.json in the backup folder cannot be used: ${code ?? message}. It stores the pins, so the retention rules delete no snapshot ` +
    'until it is readable. Repair it, or move it away to continue without pins and edited descriptions.'
  );
}
