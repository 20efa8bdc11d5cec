import type { Readable } from 'node:stream';

/** Snapshots lie in one area (documents, manifests, small records of ours), daily archives in the other. Names are flat within each. */
export type StoreArea = 'snapshots' | 'archives';

export interface StoredObject {
  name: string;
  size_bytes: number;
  /** Changes whenever the object is replaced; opaque. */
  revision: string;
}

/** Names in an area. */
export interface AreaContent {
  /** Complete objects. */
  files: ReadonlySet<string>;
  /** What has a name there and is no object that can be read, such as a symbolic link. */
  others: ReadonlySet<string>;
}

/** Bytes of an object, from `offset` on: to its end, or `length` of them. */
export interface ByteRange {
  offset: number;
  length?: number;
}

/** Objects that can be read. */
export interface ObjectReader {
  stat(area: StoreArea, name: string): Promise<StoredObject | null>;
  open(area: StoreArea, name: string): Promise<Readable>;
}
