import type { Destination } from '../destinations/destination.js';
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

/**
 * What people said about snapshots after they were made, in `annotations.json` beside them. It is read anew before every change, since a
 * second process (the command line) may have written it.
 */
export class AnnotationStore {
  constructor(private readonly destination: Destination) {}

  /** @throws BackupError `CONFIG_INVALID`: a pin that cannot be read protects nothing, so nothing may go on as if there were none */
  async read(): Promise<Annotations> {
    return new Map(await this.load());
  }

  /** Adds to what is said of a snapshot. */
  async change(id: string, { pinned, description }: Annotation): Promise<StoredAnnotation> {
    const annotations = await this.load();
    const said: StoredAnnotation = { ...annotations.get(id) };
    if (pinned === true) said.pinned = true;
    if (pinned === false) delete said.pinned;
    if (description !== undefined) said.description = description;
    if (Object.keys(said).length > 0) annotations.set(id, said);
    else annotations.delete(id);
    await this.save(annotations);
    return said;
  }

  /** Forgets snapshots that were removed on purpose. */
  async drop(ids: readonly string[]): Promise<void> {
    const annotations = await this.load();
    const dropped = ids.filter((id) => annotations.delete(id));
    if (dropped.length > 0) await this.save(annotations);
  }

  private async load(): Promise<Map<string, StoredAnnotation>> {
    try {
      const text = await this.destination.readAnnotations();
      return text === null ? new Map() : parseAnnotations(text);
    } catch (error) {
      throw unreadable(error);
    }
  }

  private async save(annotations: Annotations): Promise<void> {
    const snapshots = Object.fromEntries([...annotations].sort(([a], [b]) => (a < b ? -1 : 1)));
    await this.destination.writeAnnotations(`${JSON.stringify({ format: FORMAT, version: 1, snapshots }, null, 2)}\n`);
  }
}

/** A snapshot with what was said about it; `description` is still what its manifest says. */
export function annotated<T extends Pick<Snapshot, 'description' | 'pinned'>>(
  snapshot: T,
  said: StoredAnnotation = {},
): T {
  const description = said.description === undefined ? snapshot.description : said.description;
  return { ...snapshot, description, pinned: said.pinned === true };
}

/** @throws Error saying what is wrong with it */
export function parseAnnotations(text: string): Map<string, StoredAnnotation> {
  const file: unknown = JSON.parse(text);
  if (!isRecord(file) || file['format'] !== FORMAT || file['version'] !== 1)
    throw new Error(`it is not "${FORMAT}", version 1`);
  if (!isRecord(file['snapshots'])) throw new Error('it has no "snapshots"');
  return new Map(Object.entries(file['snapshots']).map(([id, said]) => [id, parseEntry(id, said)]));
}

function parseEntry(id: string, said: unknown): StoredAnnotation {
  if (!isSnapshotId(id)) throw new Error(`${JSON.stringify(id)} is not the id of a snapshot`);
  if (!isRecord(said)) throw new Error(`what it says of "${id}" is not an object`);
  const { pinned, description, ...unknown } = said;
  const strange = Object.keys(unknown)[0];
  if (strange !== undefined) throw new Error(`the field "${strange}" of "${id}" is not known`);
  if (pinned !== undefined && typeof pinned !== 'boolean') throw new Error(`"pinned" of "${id}" is not true or false`);
  if (description !== undefined && description !== null && typeof description !== 'string') {
    throw new Error(`"description" of "${id}" is not a text`);
  }
  return { ...(pinned === true && { pinned }), ...(description !== undefined && { description }) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function unreadable(error: unknown): BackupError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new BackupError(
    'CONFIG_INVALID',
    `annotations.json in the backup folder cannot be used: ${code ?? message}. It holds pins, so nothing goes on without it. ` +
      'Repair it, or delete it to lose all pins and edited descriptions.',
    {},
    { cause: error },
  );
}
