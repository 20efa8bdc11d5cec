import { Injectable } from '@nestjs/common';
import { asBackupError, BackupError } from '../model/errors.js';
import type { Snapshot } from '../model/snapshot.js';
import { ClockWatch } from './clock-watch.js';
import { DatabaseCapturer } from './database.capturer.js';
import { FilesCapturer } from './files.capturer.js';
import { SnapshotPublisher, type CaptureContext } from './snapshot-publisher.js';
import { writeFullDocument } from './full-document.js';

/** Captures one snapshot of whatever a plan captures. */
@Injectable()
export class SnapshotCapturer {
  constructor(
    private readonly publisher: SnapshotPublisher,
    private readonly databases: DatabaseCapturer,
    private readonly files: FilesCapturer,
    private readonly clockWatch: ClockWatch,
  ) {}

  /** @throws BackupError `DISK_FULL`, `UNSUPPORTED`, or what the engine says */
  async capture(capture: CaptureContext): Promise<Snapshot> {
    await this.clockWatch.look(); // before there is a snapshot by whose date a wrong clock looks right
    await this.publisher.assertRoom();
    try {
      return await this.captureSource(capture);
    } finally {
      this.publisher.release(capture);
    }
  }

  private captureSource(capture: CaptureContext): Promise<Snapshot> {
    switch (capture.plan.source) {
      case 'database':
        return this.databases.capture(capture);
      case 'files':
        return this.files.capture(capture);
      case 'full':
        return this.captureParts(capture);
    }
  }

  /** The database, then the files, then what names both. A part that fails fails the whole; one that was good already stays. */
  private async captureParts(capture: CaptureContext): Promise<Snapshot> {
    const { plan, progress } = capture;
    const named = await this.publisher.name(capture, '.json');
    const middle = (progress[0] + progress[1]) / 2;
    const asPart = (source: 'database' | 'files', part: CaptureContext['progress']): CaptureContext => ({
      ...capture,
      plan: { ...plan, source },
      partOf: named.id,
      progress: part,
    });
    const database = await this.databases
      .capture(asPart('database', [progress[0], middle]))
      .catch((error: unknown) => failed('database', error, null));
    const files = await this.files
      .capture(asPart('files', [middle, progress[1]]))
      .catch((error: unknown) => failed('files', error, database));
    const parts = [database, files];
    const document = await writeFullDocument(named, parts);
    return this.publisher.publish(capture, document, {
      ...this.publisher.manifestOf(capture, named, document),
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
    `Could not capture the ${part}, so the whole snapshot failed: ${error.message}${kept}`,
    error.details,
    { cause: error },
  );
}
