import { Injectable } from '@nestjs/common';
import { BundleEngine } from '../engines/bundle/bundle.engine.js';
import { asBackupError, BackupError } from '../model/errors.js';
import type { SourceKind } from '../model/manifest.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Content } from '../model/sources.js';
import { ClockWatch } from './clock-watch.js';
import { DatabaseCapturer } from './database.capturer.js';
import { FilesCapturer } from './files.capturer.js';
import { SnapshotPublisher, type CaptureContext } from './snapshot-publisher.js';

/** Captures one snapshot of whatever a plan captures. */
@Injectable()
export class SnapshotCapturer {
  private readonly capturers: Readonly<Record<SourceKind, (capture: CaptureContext) => Promise<Snapshot>>> = {
    database: (capture) => this.databases.capture(capture),
    files: (capture) => this.files.capture(capture),
    full: (capture) => this.captureBundle(capture),
  };

  constructor(
    private readonly publisher: SnapshotPublisher,
    private readonly databases: DatabaseCapturer,
    private readonly files: FilesCapturer,
    private readonly bundles: BundleEngine,
    private readonly clockWatch: ClockWatch,
  ) {}

  /** @throws BackupError `DISK_FULL`, `UNSUPPORTED`, or what the engine says */
  async capture(capture: CaptureContext): Promise<Snapshot> {
    await this.clockWatch.look(); // before there is a snapshot by whose date a wrong clock looks right
    await this.publisher.assertRoom();
    try {
      return await this.capturers[capture.plan.source](capture);
    } finally {
      this.publisher.release(capture);
    }
  }

  /** The database, then the files, then what names both. A part that fails fails the whole; one that was good already stays. */
  private async captureBundle(capture: CaptureContext): Promise<Snapshot> {
    const { plan, progress } = capture;
    const named = await this.publisher.name(capture, this.bundles.documentEnding());
    const middle = (progress[0] + progress[1]) / 2;
    const asPart = (source: Content, part: CaptureContext['progress']): CaptureContext => ({
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
    const { id, createdAt, documentPath } = named;
    const document = await this.bundles.capture(
      { id, createdAt: createdAt.toISOString(), documentPath, parts },
      capture.job.task(progress[1], progress[1]),
    );
    return this.publisher.publish(capture, document, {
      ...this.publisher.manifestOf(capture, named, document),
      source: 'full',
      engine: 'parts',
      tables: {},
      parts: parts.map((part) => part.id),
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
