import { BackupError } from '../model/errors.js';
import type { DatabaseManifest, FilesManifest, FullManifest, Manifest, SourceKind } from '../model/manifest.js';
import type { DatabaseEngine as DatabaseEngineName } from '../model/plan.js';
import type { BundleEngine } from './bundle/bundle.engine.js';
import type { DatabaseEngine } from './database.engine.js';
import type { FilesEngine } from './files/files.engine.js';
import type { SnapshotEngine } from './snapshot.engine.js';

/** All engines, by the `source` and the `engine` of the manifests that are theirs. */
export interface EngineTable {
  database: Record<DatabaseEngineName, DatabaseEngine>;
  files: { files: FilesEngine };
  full: { parts: BundleEngine };
}

type Named<M extends Manifest> = Pick<M, 'source' | 'engine'>;

/** Finds the engine of a snapshot by what its manifest, or the catalog, says of it. */
export class SnapshotEngines {
  constructor(private readonly engines: EngineTable) {}

  /** @throws BackupError `UNSUPPORTED` where this version has none of that name */
  of(named: Named<DatabaseManifest>): DatabaseEngine;
  of(named: Named<FilesManifest>): FilesEngine;
  of(named: Named<FullManifest>): BundleEngine;
  of<M extends Manifest>(named: Named<M>): SnapshotEngine<M>;
  of({ source, engine: name }: { source: SourceKind; engine: string }): unknown {
    const engine = this.find({ source, engine: name });
    if (engine) return engine;
    const known = Object.keys(this.engines[source]).join(', ');
    throw new BackupError(
      'UNSUPPORTED',
      `This version has no engine ${JSON.stringify(name)}; it has ${known}. Use the version that took the snapshot.`,
    );
  }

  /** The same; undefined where there is none. */
  find({ source, engine: name }: { source: SourceKind; engine: string }): SnapshotEngine<never> | undefined {
    const engines: Record<string, SnapshotEngine<never>> = this.engines[source];
    return Object.hasOwn(engines, name) ? engines[name] : undefined;
  }
}
