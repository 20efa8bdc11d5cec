import { FolderStore } from '../../src/backup/stores/folder.store.js';
import type { FoundProblem, FoundSnapshot } from '../../src/backup/stores/found-snapshot.js';
import { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { Workspace } from '../../src/backup/stores/workspace.js';

/** A backup folder in which some manifests cannot be read until the gate is opened, as on a disk that is slow. */
export class GatedRepository extends SnapshotRepository {
  /** Ids whose manifests were asked for, in that order. */
  readonly asked: string[] = [];
  readonly open: () => void;
  private readonly opened: Promise<void>;

  /** @param isBehind which of them stand behind the gate */
  constructor(
    directory: string,
    private readonly isBehind: (id: string) => boolean,
  ) {
    const workspace = new Workspace(directory);
    super(new FolderStore(workspace), workspace);
    let open = (): void => undefined;
    this.opened = new Promise((resolve) => (open = resolve));
    this.open = open;
  }

  override async readRegular(id: string): Promise<FoundSnapshot | FoundProblem> {
    this.asked.push(id);
    if (this.isBehind(id)) await this.opened;
    return super.readRegular(id);
  }
}
