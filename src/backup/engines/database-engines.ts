import { BackupError } from '../model/errors.js';
import type { DatabaseEngine } from '../model/plan.js';
import type { SnapshotEngine } from './snapshot.engine.js';

/** The engines that capture databases, by the name that plans and manifests call them. */
export class DatabaseEngines {
  constructor(private readonly engines: Partial<Record<DatabaseEngine, SnapshotEngine>>) {}

  /** @throws BackupError `UNSUPPORTED` */
  of(name: string): SnapshotEngine {
    const engine = Object.hasOwn(this.engines, name) ? this.engines[name as DatabaseEngine] : undefined;
    if (engine) return engine;
    throw new BackupError(
      'UNSUPPORTED',
      `This version has no engine ${JSON.stringify(name)}; it has ${Object.keys(this.engines).join(', ')}. Use the version that took the snapshot.`,
    );
  }
}
