import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { serialiseManifest, type Manifest } from '../model/manifest.js';
import { documentNames, manifestName } from '../model/snapshot-id.js';
import { LocalCopies } from './local-copies.js';
import { assertSmall, decodeText } from './small-text.js';
import type { AreaContent, ByteRange, StoreArea, StoredObject } from './stored-objects.js';
import { alreadyThere, readsBackDifferently } from './store.errors.js';
import type { Workspace } from './workspace.js';

/** A snapshot that stands complete in the workspace, under temporary names. */
export interface UnpublishedSnapshot {
  manifest: Manifest;
  temporaryDocument: string;
  /** The chunk index; null where there is none. */
  temporaryIndex: string | null;
}

/**
 * Keeps finished snapshots and archives: objects by name, replaced as a whole or not at all. An implementation has to say how it lists, reads, writes
 * and removes objects; what makes them snapshots is built on that here, and a store that can do better (a folder renames) overrides it.
 *
 * A snapshot is there when its manifest is: the manifest is written last and removed first.
 *
 * ```ts
 * BackupModule.forRoot({ database, store: new MyStore() })
 * ```
 */
export abstract class SnapshotStore {
  private copies: LocalCopies | null = null;
  /** @internal */
  workspace!: Workspace;

  /**
   * Makes the store ready; called at the start, and again while that fails.
   * @throws BackupError `FOLDER_NOT_WRITABLE`
   */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  /** Every object of an area by its name. */
  abstract list(area: StoreArea): Promise<AreaContent>;

  /** Null where there is no such object. */
  abstract stat(area: StoreArea, name: string): Promise<StoredObject | null>;

  /** Streams an object, or a part of it. @throws BackupError `SNAPSHOT_CORRUPT` where there is no such object */
  abstract open(area: StoreArea, name: string, range?: ByteRange): Promise<Readable>;

  /**
   * Stores an object, or replaces it: readers see the old one or the new one, whole. When this returns it survives a power failure.
   * Where the content fails, nothing has changed.
   */
  abstract put(area: StoreArea, name: string, content: Readable): Promise<void>;

  /** Removes an object; gone already is fine. */
  abstract remove(area: StoreArea, name: string): Promise<void>;

  /** Why nothing can be stored or read now, in words; null when it can. */
  trouble(): Promise<string | null> {
    return Promise.resolve(null);
  }

  /** Releases what the store holds; called when the application ends. */
  async close(): Promise<void> {
    await this.copies?.close();
    this.copies = null;
  }

  /**
   * @internal
   * A path under which this process and its children can read the object as a file, until it is removed or the store is closed. A store that is no
   * folder makes a copy in the workspace.
   * @throws BackupError `SNAPSHOT_CORRUPT` where there is no such object
   */
  localPath(area: StoreArea, name: string): Promise<string> {
    this.copies ??= new LocalCopies(this, this.workspace.folder);
    return this.copies.pathOf(area, name);
  }

  /** @internal Reads a small text whole. @throws where it has more than 16 MiB or is not UTF-8 */
  async readText(area: StoreArea, name: string): Promise<string> {
    const found = await this.stat(area, name);
    if (found === null) throw Object.assign(new Error(`There is no ${name}.`), { code: 'ENOENT' });
    assertSmall(found.size_bytes);
    return decodeText(await buffer(await this.open(area, name)));
  }

  /** @internal Replaces a small text. */
  writeText(area: StoreArea, name: string, text: string): Promise<void> {
    return this.put(area, name, Readable.from([Buffer.from(text)]));
  }

  /** @internal Makes what stands complete in the workspace a snapshot: all of it, or nothing. An existing one is never overwritten. */
  async publishSnapshot({ manifest, temporaryDocument, temporaryIndex }: UnpublishedSnapshot): Promise<void> {
    const names = [...documentNames(manifest.id), manifestName(manifest.id)];
    const there = await Promise.all(names.map((name) => this.stat('snapshots', name)));
    if (there.some((found) => found !== null)) throw alreadyThere(manifest.id);
    try {
      await this.put('snapshots', manifest.filename, createReadStream(temporaryDocument));
      await this.assertReadsBack(manifest);
      if (temporaryIndex !== null) await rename(temporaryIndex, this.workspace.indexPath(manifest.id));
      await this.writeText('snapshots', manifestName(manifest.id), serialiseManifest(manifest));
    } catch (error) {
      await this.withdraw(manifest).catch(() => undefined); // the first error is the one to report
      throw error;
    } finally {
      for (const path of [temporaryDocument, temporaryIndex]) if (path !== null) await rm(path, { force: true });
    }
  }

  /** @internal Removes a regular snapshot: its manifest first, so that it is never listed without its document. Gone already is fine. */
  async removeSnapshot(id: string): Promise<void> {
    if ((await this.stat('snapshots', manifestName(id))) === null) return; // a document without any manifest is not ours to delete
    await this.remove('snapshots', manifestName(id));
    for (const name of documentNames(id)) await this.removeWithCopy('snapshots', name);
    await rm(this.workspace.indexPath(id), { force: true });
  }

  /** @internal Stores an archive that stands complete in the workspace, replacing an older one of its name. */
  async publishArchive(temporaryPath: string, filename: string): Promise<void> {
    await this.put('archives', filename, createReadStream(temporaryPath));
    await rm(temporaryPath, { force: true });
  }

  /** @internal */
  async removeArchive(filename: string): Promise<void> {
    await this.removeWithCopy('archives', filename);
  }

  private async withdraw({ id, filename }: Manifest): Promise<void> {
    for (const name of [manifestName(id), filename]) await this.remove('snapshots', name);
    await rm(this.workspace.indexPath(id), { force: true });
  }

  private async removeWithCopy(area: StoreArea, name: string): Promise<void> {
    await this.remove(area, name);
    await this.copies?.forget(area, name);
  }

  private async assertReadsBack({ filename, checksum }: Manifest): Promise<void> {
    const hash = createHash('sha256');
    for await (const piece of (await this.open('snapshots', filename)) as AsyncIterable<Buffer>) hash.update(piece);
    if (hash.digest('hex') !== checksum) throw readsBackDifferently('the backup store');
  }
}
