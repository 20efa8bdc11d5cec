import { FolderStore } from './folder.store.js';
import { ReadOnlyStore } from './read-only.store.js';
import { SnapshotRepository } from './snapshot.repository.js';
import { ReadOnlyWorkspace, type Workspace } from './workspace.js';

/** Snapshots that lie in the workspace's own folder, as they do by default. */
export const folderRepository = (workspace: Workspace): SnapshotRepository =>
  new SnapshotRepository(
    workspace instanceof ReadOnlyWorkspace ? new ReadOnlyStore(workspace) : new FolderStore(workspace),
    workspace,
  );
