import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TaskContext } from '../../system/child-task-server.js';
import { bytePath, pathBytes, type BytePath } from './byte-path.js';
import type { RecoveredRestore } from './files.requests.js';
import { recoverIn } from './recovery.js';

/** Finishes or undoes restores that were killed while they were at work in these targets. */
export function recoverFilesTask(
  { targets }: { targets: string[] },
  context: TaskContext,
): Promise<RecoveredRestore | null> {
  const places = targets.flatMap((target) => placesOf(target));
  const folders = new Set(places.flatMap((place) => [place, dirname(place)])); // the latter for single files
  return recoverIn(folders, context);
}

function placesOf(target: string): BytePath[] {
  try {
    return [realpathSync.native(pathBytes(bytePath(target)), { encoding: 'latin1' })];
  } catch {
    return target === dirname(target)
      ? []
      : placesOf(dirname(target)).map((folder) => `${folder}/${basenameOf(target)}`);
  }
}

const basenameOf = (path: string): BytePath => bytePath(path.slice(path.lastIndexOf('/') + 1));
