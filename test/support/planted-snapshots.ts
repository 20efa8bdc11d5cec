import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serialiseManifest, type Manifest } from '../../src/backup/model/manifest.js';
import { parseManifest } from '../../src/backup/model/parse-manifest.js';
import { documentName, manifestName, snapshotId } from '../../src/backup/model/snapshot-id.js';
import type { Trigger } from '../../src/backup/model/trigger.js';
import { FILE_MODE } from '../../src/backup/system/atomic-file.js';

const DAY_MS = 86_400_000;

/** A real regular snapshot, from which the same state can be put into a backup folder again as if it had been taken at another time. */
export class SnapshotSeed {
  private constructor(
    private readonly document: string,
    private readonly manifest: Manifest,
  ) {}

  static async read(folder: string, id: string): Promise<SnapshotSeed> {
    const document = await readFile(join(folder, documentName(id)), 'utf8');
    // Without a number, as of a version that did not count: each is to stand in the order of its time.
    const { sequence: _sequence, ...manifest } = parseManifest(
      await readFile(join(folder, manifestName(id)), 'utf8'),
      id,
    );
    return new SnapshotSeed(document, manifest);
  }

  /** Its files with id, time, size and checksum of a snapshot of that moment. @returns the id */
  async plant(folder: string, at: Date, trigger: Trigger = { type: 'scheduled' }): Promise<string> {
    const id = snapshotId('auto', trigger, at);
    const createdAt = at.toISOString();
    const document = this.document
      .replace(`"id":"${this.manifest.id}"`, `"id":"${id}"`)
      .replace(`"created_at":"${this.manifest.created_at}"`, `"created_at":"${createdAt}"`);
    const manifest: Manifest = {
      ...this.manifest,
      id,
      filename: documentName(id),
      created_at: createdAt,
      trigger,
      file_size_bytes: Buffer.byteLength(document),
      checksum: createHash('sha256').update(document).digest('hex'),
    };
    await writeFile(join(folder, documentName(id)), document, { mode: FILE_MODE });
    await writeFile(join(folder, manifestName(id)), serialiseManifest(manifest), { mode: FILE_MODE });
    return id;
  }
}

/** That time of day, so many UTC days ago. */
export function daysAgo(days: number, time: string): Date {
  const day = new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
  return new Date(`${day}T${time}Z`);
}
