import { contentOf, type FilesManifest } from '../../model/manifest.js';
import type { EntryOf } from './file.entry.js';
import { tarHeader } from './tar.header.js';

/** What a manifest says that the document repeats, or is checked against. */
export type DocumentFacts = Pick<
  FilesManifest,
  'id' | 'filename' | 'kind' | 'base' | 'created_at' | 'files' | 'codec'
> & {
  /** SHA-256, hex, of the content. */
  contentSha256: string;
};

/** What a manifest promises of its document. */
export const factsOf = (manifest: FilesManifest): DocumentFacts => ({
  ...manifest,
  contentSha256: contentOf(manifest).sha256,
});

/** The members that stand before the captured ones lie in this folder, which no captured path can name. */
export const OWN_FOLDER = '.nestjs-backup';

/** The first member: what this document is, for whoever finds it alone. */
export function factsMember({
  id,
  kind,
  base,
  created_at,
}: Omit<DocumentFacts, 'filename' | 'codec' | 'contentSha256' | 'files'>): {
  header: Buffer;
  content: Buffer;
} {
  const facts = { format: 'nestjs-backup/files-snapshot', version: 1, id, kind, base, created_at };
  const content = Buffer.from(`${JSON.stringify(facts)}\n`);
  return { header: ownHeader('snapshot.json', content.length, created_at), content };
}

/** What stands before the second member, the list. */
export const listHeader = (size: number, createdAt: string): Buffer => ownHeader('files.jsonl', size, createdAt);

function ownHeader(name: string, size: number, createdAt: string): Buffer {
  const mtimeNs = BigInt(Math.floor(Date.parse(createdAt) / 1000)) * 1_000_000_000n;
  const member: EntryOf<'file'> = {
    path: `${OWN_FOLDER}/${name}`,
    type: 'file',
    mode: 0o600,
    uid: 0,
    gid: 0,
    mtimeNs,
    size,
    sha256: '',
  };
  return tarHeader(member);
}
