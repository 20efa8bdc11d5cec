import { folderRepository } from '../../src/backup/stores/folder.repository.js';
import type { SnapshotRepository } from '../../src/backup/stores/snapshot.repository.js';
import { Workspace } from '../../src/backup/stores/workspace.js';

/** The snapshots of a backup folder, as an application has them. */
export const repositoryIn = (folder: string): SnapshotRepository => folderRepository(new Workspace(folder));
