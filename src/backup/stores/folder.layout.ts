import {
  documentNames,
  idOfDocumentName,
  indexName,
  isArchiveName,
  isSnapshotId,
  manifestName,
} from '../model/snapshot-id.js';
import { LEASE_FOLDER } from '../system/folder-lock.js';
import { SCRATCH_FOLDER } from '../system/scratch-folder.js';
import { parseTemporaryName } from '../system/temporary-file.js';
import type { FoundProblem } from './found-snapshot.js';
import type { AreaContent } from './stored-objects.js';

export const ANNOTATIONS_FILE = 'annotations.json';
/** Hidden, so that no snapshot can be called like it. */
export const CLOCK_FILE = '.clock.json';
/** Since when plans wait for their first snapshot. */
export const SCHEDULE_FILE = '.schedule.json';
export const ARCHIVE_FOLDER = 'archived';

const MANIFEST_ENDING = '.meta.json';

/** The snapshot a manifest's file name promises; undefined for any other file. */
export function idOfManifest(name: string): string | undefined {
  const id = name.endsWith(MANIFEST_ENDING) ? name.slice(0, -MANIFEST_ENDING.length) : undefined;
  return id !== undefined && isSnapshotId(id) ? unreserved(id) : undefined;
}

/** The snapshot a document's file name promises; undefined for any other file. */
export function idOfDocument(name: string): string | undefined {
  return unreserved(idOfDocumentName(name));
}

/** Whether this program made a file of this name, going by the name alone. */
export function isOurs(name: string): boolean {
  return (
    [ANNOTATIONS_FILE, CLOCK_FILE, SCHEDULE_FILE, ARCHIVE_FOLDER, LEASE_FOLDER, SCRATCH_FOLDER, '.gitkeep'].includes(
      name,
    ) ||
    name.startsWith('catalog.sqlite') ||
    parseTemporaryName(name) !== undefined ||
    isArchiveName(name) ||
    (idOfManifest(name) ?? idOfDocument(name)) !== undefined ||
    (name.endsWith('.index') && isSnapshotId(name.slice(0, -'.index'.length)))
  );
}

/** Every name a snapshot's files can have, finished or not. */
export function isFileOf(id: string, name: string): boolean {
  if (!name.includes(id)) return false;
  const finalName = parseTemporaryName(name)?.finalName ?? name;
  return [...documentNames(id), manifestName(id), indexName(id)].includes(finalName);
}

/** Ids of the snapshots that are whole: manifest and document both there. */
export function wholeSnapshots({ files }: AreaContent): string[] {
  return [...files].flatMap((name) => {
    const id = idOfManifest(name);
    return id !== undefined && hasDocument(id, files) ? [id] : [];
  });
}

/** What looks like a part of a snapshot and makes none. A snapshot that is just being published or removed is not one of them. */
export function strayFiles({ files, others }: AreaContent): FoundProblem[] {
  const unfinished = new Set([...files].map((name) => parseTemporaryName(name)?.finalName));
  const problems: FoundProblem[] = [];
  for (const file of files) {
    const documentOf = idOfDocument(file);
    const manifestOf = idOfManifest(file);
    if (manifestOf !== undefined && !hasDocument(manifestOf, files)) {
      problems.push({ file, problem: 'its document is missing; it is not listed' });
    } else if (
      documentOf !== undefined &&
      !files.has(manifestName(documentOf)) &&
      !unfinished.has(manifestName(documentOf))
    ) {
      problems.push({
        file,
        problem: `its manifest ${manifestName(documentOf)} is missing; it is not listed, and never deleted`,
      });
    }
  }
  for (const file of others) {
    if (idOfDocument(file) ?? idOfManifest(file))
      problems.push({ file, problem: 'it is not a regular file; it is not read' });
  }
  return problems;
}

const hasDocument = (id: string, files: ReadonlySet<string>): boolean =>
  documentNames(id).some((name) => files.has(name));

/** A snapshot of this id would share its file with the annotations. */
const unreserved = (id: string | undefined): string | undefined => (id === 'annotations' ? undefined : id);
