import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SnapshotStore } from './snapshot-store.js';
import type { AreaContent, ByteRange, StoreArea, StoredObject } from './stored-objects.js';
import { missingObject } from './store.errors.js';

interface Entry {
  content: Buffer;
  revision: string;
}

/** Keeps snapshots in memory, for tests: they are gone when the process ends. */
export class InMemoryStore extends SnapshotStore {
  private readonly areas: Record<StoreArea, Map<string, Entry>> = { snapshots: new Map(), archives: new Map() };
  private writes = 0;

  override list(area: StoreArea): Promise<AreaContent> {
    return Promise.resolve({ files: new Set(this.areas[area].keys()), others: new Set<string>() });
  }

  override stat(area: StoreArea, name: string): Promise<StoredObject | null> {
    const entry = this.areas[area].get(name);
    return Promise.resolve(entry ? { name, size_bytes: entry.content.length, revision: entry.revision } : null);
  }

  override open(area: StoreArea, name: string, range: ByteRange = { offset: 0 }): Promise<Readable> {
    const entry = this.areas[area].get(name);
    if (!entry) return Promise.reject(missingObject(name));
    const { offset, length = entry.content.length } = range;
    return Promise.resolve(Readable.from([entry.content.subarray(offset, offset + length)]));
  }

  override async put(area: StoreArea, name: string, content: Readable): Promise<void> {
    const bytes = await buffer(content);
    this.areas[area].set(name, { content: bytes, revision: String(this.writes++) });
  }

  override remove(area: StoreArea, name: string): Promise<void> {
    this.areas[area].delete(name);
    return Promise.resolve();
  }
}
