import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { documentNames, indexName, manifestName } from '../model/snapshot-id.js';
import { fsyncFolder } from '../system/atomic-file.js';
import { parseTemporaryName, type TemporaryName } from '../system/temporary-file.js';
import { contentOf, ignoreMissing } from './folder.content.js';
import { idOfManifest } from './folder.layout.js';

export interface SweepPlan {
  /** What goes first. */
  files: string[];
  /**
   * Temporary manifests, which go last: while one stands there, whatever it names is unfinished, and a sweep that is itself interrupted is
   * taken up by the next one.
   */
  markers: string[];
}

/**
 * Decides what an earlier run left half done, going by the names in one folder; pure.
 *
 * A snapshot is published as *temporary manifest, document, manifest* and removed as *manifest becomes temporary, document goes, temporary
 * manifest goes*. So a temporary manifest without a final one means either way that the document beside it belongs to nothing.
 */
export function planSweep(names: readonly string[], isAbandoned: (pid: number) => boolean): SweepPlan {
  const present = new Set(names);
  const temporaries = names.flatMap((name) => {
    const parts = parseTemporaryName(name);
    return parts ? [{ name, ...parts }] : [];
  });
  const inWork = new Set(temporaries.filter(({ pid }) => !isAbandoned(pid)).map(({ finalName }) => finalName));
  const files = new Set<string>();
  const markers: string[] = [];
  for (const { name, finalName, pid } of temporaries as (TemporaryName & { name: string })[]) {
    if (!isAbandoned(pid)) continue;
    const id = idOfManifest(finalName);
    if (id === undefined) {
      files.add(name);
      continue;
    }
    markers.push(name);
    if (present.has(manifestName(id)) || inWork.has(manifestName(id))) continue;
    for (const part of [...documentNames(id), indexName(id)]) if (present.has(part)) files.add(part);
  }
  return { files: [...files], markers };
}

/** Removes it. @returns the names of what is gone */
export async function sweepFolder(folder: string, isAbandoned: (pid: number) => boolean): Promise<string[]> {
  const plan = planSweep([...(await contentOf(folder)).files], isAbandoned);
  for (const names of [plan.files, plan.markers]) {
    for (const name of names) await unlink(join(folder, name)).catch(ignoreMissing);
    if (names.length > 0) await fsyncFolder(folder);
  }
  return [...plan.files, ...plan.markers];
}
