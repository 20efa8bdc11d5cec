import { Injectable } from '@nestjs/common';
import { asBackupError, BackupError } from '../model/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { ClockWatch } from './clock-watch.js';
import { DatabaseTaker } from './database.taker.js';
import { FilesTaker } from './files.taker.js';
import { SnapshotPublisher, type Taking } from './snapshot-publisher.js';
import { writeFullDocument } from './full-document.js';

/** Takes one snapshot of whatever a plan captures. */
@Injectable()
export class SnapshotTaker {
  constructor(
    private readonly publisher: SnapshotPublisher,
    private readonly databases: DatabaseTaker,
    private readonly files: FilesTaker,
    private readonly clockWatch: ClockWatch,
  ) {}

  /** @throws BackupError `DISK_FULL`, `UNSUPPORTED`, or what the engine says */
  async take(taking: Taking): Promise<Snapshot> {
    await this.clockWatch.look(); // before there is a snapshot by whose date a wrong clock looks right
    await this.publisher.assertRoom();
    try {
      return await this.takeSource(taking);
    } finally {
      this.publisher.release(taking);
    }
  }

  private takeSource(taking: Taking): Promise<Snapshot> {
    switch (taking.plan.source) {
      case 'database':
        return this.databases.take(taking);
      case 'files':
        return this.files.take(taking);
      case 'full':
        return this.takeParts(taking);
    }
  }

  /** The database, then the files, then what names both. A part that fails fails the whole; one that was good already stays. */
  private async takeParts(taking: Taking): Promise<Snapshot> {
    const { plan, progress } = taking;
    const named = await this.publisher.name(taking, '.json');
    const middle = (progress[0] + progress[1]) / 2;
    const asPart = (source: 'database' | 'files', part: Taking['progress']): Taking => ({
      ...taking,
      plan: { ...plan, source },
      partOf: named.id,
      progress: part,
    });
    const database = await this.databases
      .take(asPart('database', [progress[0], middle]))
      .catch((error: unknown) => failed('database', error, null));
    const files = await this.files
      .take(asPart('files', [middle, progress[1]]))
      .catch((error: unknown) => failed('files', error, database));
    const parts = [database, files];
    const document = await writeFullDocument(named, parts);
    return this.publisher.publish(taking, document, {
      ...this.publisher.manifestOf(taking, named, document),
      source: 'full',
      engine: 'parts',
      tables: {},
      parts: parts.map(({ id }) => id),
    });
  }
}

function failed(part: string, thrown: unknown, good: Snapshot | null): never {
  const error = asBackupError(thrown);
  const kept = good ? ` The part that succeeded is kept: ${good.id}.` : '';
  throw new BackupError(
    error.code,
    `The ${part} could not be captured, so the whole failed: ${error.message}${kept}`,
    error.details,
    { cause: error },
  );
}
