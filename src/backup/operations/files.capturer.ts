import { Injectable } from '@nestjs/common';
import { FilesEngine } from '../engines/files/files.engine.js';
import type { Snapshot } from '../model/snapshot.js';
import { CaptureBases } from './capture-bases.js';
import { FileRoots } from './file-roots.js';
import { Losses } from './losses.js';
import { SnapshotPublisher, type CaptureContext } from './snapshot-publisher.js';

/** Takes snapshots of folders. */
@Injectable()
export class FilesCapturer {
  constructor(
    private readonly publisher: SnapshotPublisher,
    private readonly bases: CaptureBases,
    private readonly losses: Losses,
    private readonly roots: FileRoots,
    private readonly engine: FilesEngine,
  ) {}

  async capture(capture: CaptureContext): Promise<Snapshot> {
    const { job, plan, kind, progress } = capture;
    const paths = await this.roots.resolve(plan.paths);
    const { include, exclude, compression } = plan;
    const named = await this.publisher.name(capture, this.engine.documentEnding(compression));
    const captured = await this.engine.capture(
      {
        id: named.id,
        createdAt: named.createdAt.toISOString(),
        documentPath: named.documentPath,
        paths,
        include,
        exclude,
        compression,
        base: await this.bases.ofFiles(plan, named.createdAt, kind),
      },
      job.task(...progress),
    );
    const selection = {
      paths,
      ...(include.length > 0 && { include }),
      ...(exclude.length > 0 && { exclude }),
    };
    const lost = await this.losses.ofFiles(capture, { ...selection, files: captured.files });
    const document = { ...captured, warnings: [...(captured.warnings ?? []), ...lost] };
    return this.publisher.publish(capture, document, {
      ...this.publisher.manifestOf(capture, named, document),
      source: 'files',
      engine: 'files',
      tables: {},
      ...selection,
      files: document.files,
    });
  }
}
