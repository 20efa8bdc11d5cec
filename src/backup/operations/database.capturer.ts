import { Injectable } from '@nestjs/common';
import { Workspace } from '../stores/workspace.js';
import { codecOfLevel } from '../engines/shared/codecs.js';
import { SnapshotEngines } from '../engines/snapshot.engines.js';
import { DEFAULT_DATABASE } from '../model/plan.js';
import type { Snapshot } from '../model/snapshot.js';
import { CaptureBases } from './capture-bases.js';
import { ResolvedOptions } from './resolved-options.js';
import { Losses } from './losses.js';
import { SnapshotPublisher, type CaptureContext } from './snapshot-publisher.js';

/** Takes snapshots of databases. */
@Injectable()
export class DatabaseCapturer {
  constructor(
    private readonly publisher: SnapshotPublisher,
    private readonly workspace: Workspace,
    private readonly bases: CaptureBases,
    private readonly losses: Losses,
    private readonly engines: SnapshotEngines,
    private readonly options: ResolvedOptions,
  ) {}

  async capture(capture: CaptureContext): Promise<Snapshot> {
    const { job, plan, kind, progress } = capture;
    const database = this.options.database(plan.database);
    const engine = this.engines.of({ source: 'database', engine: plan.engine });
    const codec = engine.takesCodec ? codecOfLevel(plan.level) : undefined;
    const named = await this.publisher.name(capture, engine.documentEnding(database, codec));
    const captured = await engine.capture(
      {
        database,
        ...(plan.tables === null ? {} : { tables: plan.tables }),
        ...(codec === undefined ? {} : { codec }),
        id: named.id,
        createdAt: named.createdAt.toISOString(),
        documentPath: named.documentPath,
        indexPath: this.workspace.indexPath(named.id),
        ...(await this.bases.ofDatabase(plan, named.createdAt, kind)),
      },
      job.task(...progress),
    );
    const warnings = [...(captured.warnings ?? []), ...(await this.losses.ofDatabase(capture, captured))];
    const document = { ...captured, warnings };
    const snapshot = await this.publisher.publish(capture, document, {
      ...this.publisher.manifestOf(capture, named, document),
      source: 'database',
      engine: plan.engine,
      ...(plan.database === DEFAULT_DATABASE ? {} : { data_source: plan.database }),
      ...(plan.tables === null ? {} : { partial: true }),
      tables: document.tables,
      database: document.database,
      schema: document.schema,
    });
    this.bases.remember(plan, named.id, document);
    return snapshot;
  }
}
