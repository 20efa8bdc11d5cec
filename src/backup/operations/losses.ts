import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import type { CapturedDocument } from '../engines/database.engine.js';
import { withoutCounters } from '../model/counters.js';
import { lostFiles } from '../model/lost-files.js';
import { lostRows } from '../model/lost-rows.js';
import type { FilesManifest, Manifest, SourceKind } from '../model/manifest.js';
import { DEFAULT_DATABASE } from '../model/plan.js';
import type { Snapshot } from '../model/snapshot.js';
import type { SnapshotWarning } from '../model/snapshot-warning.js';
import type { CaptureContext } from './snapshot-publisher.js';
import { StoredSnapshots } from './stored-snapshots.js';

const PAGE = 50;

/**
 * Compares what was captured with the last snapshot of its plan that was as it should be. A warning stays until what was lost is back, all snapshots that hold it
 * are deleted, or a person who has read it asks for a snapshot.
 */
@Injectable()
export class Losses {
  constructor(
    private readonly catalog: Catalog,
    private readonly snapshots: StoredSnapshots,
  ) {}

  /** What is to be said of a captured database; nothing where the plan has no earlier snapshot of the same one. */
  async ofDatabase(capture: CaptureContext, { database, tables }: CapturedDocument): Promise<SnapshotWarning[]> {
    const before = await this.before(capture, 'database', 'lost_rows');
    if (!before) return [];
    const manifest = await this.manifestOf(before);
    if (manifest?.source === 'database' && (manifest.data_source ?? DEFAULT_DATABASE) !== capture.plan.database)
      return [];
    const warning = lostRows(before, withoutCounters(database.type, tables), capture.plan.tables);
    return warning ? [warning] : [];
  }

  /** What is to be said of captured folders; nothing where the plan has no earlier snapshot of the same ones. */
  async ofFiles(
    capture: CaptureContext,
    captured: Pick<FilesManifest, 'paths' | 'include' | 'exclude' | 'files'>,
  ): Promise<SnapshotWarning[]> {
    const before = await this.before(capture, 'files', 'lost_files');
    const manifest = before && (await this.manifestOf(before));
    if (manifest?.source !== 'files' || !isDeepStrictEqual(selectionOf(manifest), selectionOf(captured))) return [];
    const warning = lostFiles(manifest, captured.files);
    return warning ? [warning] : [];
  }

  /** The last snapshot of the plan that had not lost anything, unless a person asks for one beside it. */
  private async before(
    { plan, trigger }: CaptureContext,
    source: SourceKind,
    code: string,
  ): Promise<Snapshot | undefined> {
    let last: Snapshot | undefined;
    for (let page = 1; ; page++) {
      const { items } = await this.catalog.page({ plan: plan.name, source, page, page_size: PAGE });
      last ??= items[0];
      const before = items.find(({ warnings }) => !warnings.some((warning) => warning.code === code));
      if (before) return trigger.type === 'manual' && last !== before ? undefined : before;
      if (items.length < PAGE) return undefined;
    }
  }

  /** Undefined where it cannot be read, which health says. */
  private async manifestOf(snapshot: Snapshot): Promise<Manifest | undefined> {
    return this.snapshots.locate(snapshot).then(
      ({ manifest }) => manifest,
      () => undefined,
    );
  }
}

const selectionOf = ({ paths, include = [], exclude = [] }: Pick<FilesManifest, 'paths' | 'include' | 'exclude'>) => ({
  paths,
  include,
  exclude,
});
