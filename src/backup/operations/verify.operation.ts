import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import { SnapshotEngines } from '../engines/snapshot.engines.js';
import { asBackupError, type BackupErrorCode } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import { partIds } from '../model/sources.js';
import { Clock } from '../system/clock.js';
import type { Verification } from '../model/job-results.js';
import { resultOf } from './job-outcome.js';
import type { JobContext } from './job-run.js';
import { JobQueue } from './job.queue.js';
import { StoredSnapshots } from './stored-snapshots.js';

/** What speaks against the snapshot, rather than against this attempt to read it. */
const DAMAGE: readonly BackupErrorCode[] = [
  'SNAPSHOT_CORRUPT',
  'ARCHIVE_CORRUPT',
  'ARCHIVE_NOT_FOUND',
  'FILE_NOT_IN_ARCHIVE',
];

/** Re-reads the stored bytes of a snapshot, compares them with its manifest, and records what came of it. */
@Injectable()
export class VerifyOperation {
  constructor(
    private readonly queue: JobQueue,
    private readonly catalog: Catalog,
    private readonly snapshots: StoredSnapshots,
    private readonly engines: SnapshotEngines,
    private readonly clock: Clock,
  ) {}

  /** @throws BackupError `SNAPSHOT_NOT_FOUND`, or what kept it from reading; a damaged snapshot is an answer, not an error */
  async verify(id: string, requestedBy: string | null): Promise<Verification> {
    await this.catalog.get(id);
    const job = await this.queue.run({
      type: 'verify',
      lane: 'side',
      snapshotId: id,
      requestedBy,
      run: async (context) => ({ ...(await this.check(id, context)) }),
    });
    return resultOf('verify', job);
  }

  /** The same within a job that runs. */
  async check(id: string, context: JobContext): Promise<Verification> {
    const reason = await this.damage(id, context);
    const at = this.clock.now();
    await this.catalog.recordVerification(id, reason === undefined, at);
    const message = reason ?? 'The stored bytes match the manifest.';
    return { id, is_valid: reason === undefined, message, checked_at: at.toISOString() };
  }

  /** The parts are snapshots of their own: what is found is recorded for each. */
  private async damageOfParts(parts: readonly string[], context: JobContext): Promise<string | undefined> {
    for (const part of parts) {
      if (!(await this.catalog.find(part))) return `Its part ${part} is missing. Use another snapshot.`;
      const { is_valid, message } = await this.check(part, context);
      if (!is_valid) return `Its part ${part} is damaged: ${message}`;
    }
    return undefined;
  }

  private async manifestsOfParts(manifest: Manifest): Promise<Manifest[]> {
    const parts = await Promise.all(partIds(manifest).map((part) => this.catalog.find(part)));
    const located = parts.flatMap((part) => (part ? [this.snapshots.locate(part).catch(() => null)] : []));
    return (await Promise.all(located)).flatMap((part) => (part ? [part.manifest] : []));
  }

  private async damage(id: string, context: JobContext): Promise<string | undefined> {
    try {
      const parts = await this.snapshots.read(id, async (stored) => {
        const { manifest } = stored;
        const parts = await this.manifestsOfParts(manifest);
        await this.engines.of(manifest).verify({ snapshot: stored, parts }, context.task(0, 1));
        return partIds(manifest);
      });
      return await this.damageOfParts(parts, context);
    } catch (thrown) {
      await this.catalog.get(id); // one that was deleted meanwhile is not damaged
      if (isMissingFile(thrown)) return 'A file of this snapshot is missing. Use another snapshot.';
      const error = asBackupError(thrown);
      if (!DAMAGE.includes(error.code)) throw error;
      return error.message;
    }
  }
}

const isMissingFile = (thrown: unknown): boolean => (thrown as { code?: unknown } | null)?.code === 'ENOENT';
