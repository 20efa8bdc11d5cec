import { Injectable } from '@nestjs/common';
import { withoutSecrets, type Occupancy } from '../engines/database-target.js';
import { asBackupError } from '../model/errors.js';
import { holds } from '../model/sources.js';
import { DatabaseRestorer } from './database.restorer.js';
import type { RestoreChoices } from './restorer.js';
import { ofDatabase, ofFiles, partsOf, type SnapshotSource } from './stored-snapshots.js';

/** Where a restore would put one part of a snapshot, and what is there now. */
export type RestoreTarget =
  | {
      source: 'database';
      id: string;
      /** An address without user and password. */
      into: string;
      /** `unknown` where it could not be read: `problem` says why. */
      occupancy: Occupancy | 'unknown';
      problem: string | null;
    }
  | { source: 'files'; id: string; into: string[] };

/** Finds out what a restore would replace, before it runs. */
@Injectable()
export class RestoreTargets {
  constructor(private readonly databases: DatabaseRestorer) {}

  /** @throws BackupError `SNAPSHOT_NOT_FOUND`, `SNAPSHOT_CORRUPT`, `UNSUPPORTED` */
  async targetsOf(
    from: SnapshotSource,
    id: string,
    choices: Pick<RestoreChoices, 'database' | 'to'>,
  ): Promise<RestoreTarget[]> {
    const parts: RestoreTarget[] = [];
    for (const part of await partsOf(from, id)) {
      const stored = await from.snapshots.locate(part);
      if (!holds(part.source, 'database')) {
        const { paths } = ofFiles(stored).manifest;
        parts.push({ source: 'files', id: part.id, into: choices.to === undefined ? paths : [choices.to] });
        continue;
      }
      const { database } = this.databases.placeOf(ofDatabase(stored), choices);
      const found = await this.databases
        .occupancy(stored, choices)
        .then((occupancy) => ({ occupancy, problem: null }))
        .catch((error: unknown) => ({ occupancy: 'unknown' as const, problem: asBackupError(error).message }));
      parts.push({ source: 'database', id: part.id, into: withoutSecrets(database), ...found });
    }
    return parts;
  }
}
