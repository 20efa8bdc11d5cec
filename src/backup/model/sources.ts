import type { Manifest, SourceKind } from './manifest.js';

/** What a snapshot can hold by itself. */
export type Content = 'database' | 'files';

const CONTENTS: Readonly<Record<SourceKind, readonly Content[]>> = {
  database: ['database'],
  files: ['files'],
  full: ['database', 'files'],
};

/** Whether snapshots of this source hold a database, or files: themselves, or in a part of theirs. */
export const holds = (source: SourceKind, content: Content): boolean => CONTENTS[source].includes(content);

/** Whether snapshots of this source are bundles, whose parts are snapshots of their own. */
export const isBundle = (source: SourceKind): boolean => CONTENTS[source].length > 1;

/** Ids of the parts of a bundle, in the order they are restored; none of any other snapshot. */
export const partIds = (manifest: Manifest): readonly string[] => ('parts' in manifest ? manifest.parts : []);
