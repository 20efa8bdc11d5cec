import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import type { FilesManifest } from '../../src/backup/model/manifest.js';

/** A list's line, as anybody might write it. */
export type Line = Record<string, unknown> & { path: unknown };

export const OWNED = { mode: '0644', uid: 0, gid: 0, mtime: '1700000000.000000000' };

export const folder = (path: unknown): Line => ({ path, type: 'directory', ...OWNED, mode: '0755' });
export const link = (path: unknown, target: unknown): Line => ({
  path,
  type: 'symlink',
  ...OWNED,
  mode: '0777',
  target,
});
export const hardlink = (path: unknown, target: unknown): Line => ({ path, type: 'hardlink', ...OWNED, target });
export const file = (path: unknown, content: string): Line => ({
  path,
  type: 'file',
  ...OWNED,
  size: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

interface Member {
  name: string;
  flag: string;
  mode?: number;
  content?: string;
  target?: string;
  size?: number;
}

/** A member of a tar, written without a line of the program. */
export function member({ name, flag, content = '', target = '', mode = 0o644, size = content.length }: Member): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100, 'latin1');
  const octal = (value: number, at: number, width: number) =>
    header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(1_700_000_000, 136, 12);
  header.write('        ', 148, 'latin1');
  header.write(flag, 156, 'latin1');
  header.write(target, 157, 100, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  header.write(' ', 155, 'latin1');
  return Buffer.concat([header, padded(content)]);
}

/** The member that belongs to a line. */
export function memberOf(line: Line, content = ''): Buffer {
  const name = String(line.path);
  const mode = Number.parseInt(String(line['mode']), 8);
  const target = typeof line['target'] === 'string' ? line['target'] : '';
  switch (line['type']) {
    case 'directory':
      return member({ name: `${name}/`, flag: '5', mode });
    case 'symlink':
      return member({ name, flag: '2', mode, target });
    case 'hardlink':
      return member({ name, flag: '1', mode, target });
    default:
      return member({ name, flag: '0', mode, content });
  }
}

export interface Document {
  lines: Line[];
  members: Buffer[];
  /** In place of the two empty blocks. */
  end?: Buffer;
}

/** A snapshot whose manifest believes in its document: only the document itself can give it away. */
export function plant(
  folder: string,
  root: string,
  { lines, members, end = Buffer.alloc(1024) }: Document,
): StoredSnapshot<FilesManifest> {
  const head = { format: 'nestjs-backup/files', version: 1, paths: [root], include: [], exclude: [] };
  const list = [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
  const facts = {
    format: 'nestjs-backup/files-snapshot',
    version: 1,
    id: 'planted',
    kind: 'full',
    base: null,
    created_at: '2023-11-14T22:13:20.000Z',
  };
  const own = (name: string, content: string) =>
    member({ name: `.nestjs-backup/${name}`, flag: '0', mode: 0o600, content });
  const document = Buffer.concat([
    own('snapshot.json', `${JSON.stringify(facts)}\n`),
    own('files.jsonl', list),
    ...members,
    end,
  ]);
  const path = join(folder, 'planted.tar');
  writeFileSync(path, document);
  const files = lines.filter(({ type }) => type === 'file');
  const manifest: FilesManifest = {
    format: 'nestjs-backup/manifest',
    version: 1,
    id: 'planted',
    filename: 'planted.tar',
    kind: 'full',
    base: null,
    full_reason: 'requested',
    plan: 'auto',
    source: 'files',
    engine: 'files',
    created_at: facts.created_at,
    duration_ms: 1,
    trigger: { type: 'manual' },
    description: null,
    file_size_bytes: document.length,
    checksum: sha256(document),
    checksum_algorithm: 'SHA256',
    tables: {},
    paths: [root],
    files: {
      count: files.length,
      size_bytes: files.reduce((sum, { size }) => sum + Number(size), 0),
      sha256: sha256(list),
      skipped: [],
    },
    app_version: '0.0.0',
  };
  return { manifest, document: { path, entry: null }, base: null };
}

export const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

const padded = (content: string): Buffer =>
  Buffer.concat([Buffer.from(content, 'latin1'), Buffer.alloc((512 - (content.length % 512)) % 512)]);
