import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from './errors.js';
import { manifestChecksum } from './manifest-checksum.js';
import { serialiseManifest, type Manifest } from './manifest.js';
import { parseManifest } from './parse-manifest.js';
import { snapshotFromManifest } from './snapshot.js';

const HASH = 'a'.repeat(64);
const ID = 'auto_backup_20260130_120000';
const BASE = 'auto_backup_20260130_000000';

const FULL: Manifest = {
  format: 'nestjs-backup/manifest',
  version: 1,
  id: ID,
  filename: `${ID}.json`,
  kind: 'full',
  base: null,
  plan: 'auto',
  source: 'database',
  engine: 'json',
  created_at: '2026-01-30T12:00:00.123Z',
  duration_ms: 184,
  trigger: { type: 'event', event: 'role.created', subjects: [{ role: 'student', user_id: 5 }] },
  description: null,
  file_size_bytes: 1048576,
  checksum: HASH,
  checksum_algorithm: 'SHA256',
  tables: { users: { rows: 20, sha256: HASH }, empty: { rows: 0, sha256: HASH } },
  database: { type: 'sqlite', name: 'app.sqlite', server_version: '3.53.2' },
  schema: { fingerprint: HASH, migrations: ['CreateUsers1700000000000'], ddl: ['CREATE TABLE users (id)'] },
  app_version: '1.0.0',
};
const PRAGMAS = { user_version: -1, application_id: 0, page_size: 4096, auto_vacuum: 0, journal_mode: 'wal' } as const;
const NUMBERED: Manifest = {
  ...FULL,
  schema: { ...FULL.schema, pragmas: PRAGMAS },
  sequence: 7,
  warnings: [{ code: 'incomplete', message: 'It lacks a file.' }],
};
const DIFFERENTIAL: Manifest = { ...FULL, kind: 'differential', base: BASE };

const summed = (manifest: object): string =>
  JSON.stringify({ ...manifest, manifest_sha256: manifestChecksum(manifest) });

function refusal(text: string, id = ID): BackupError {
  try {
    parseManifest(text, id);
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    expect((error as BackupError).code).toBe('SNAPSHOT_CORRUPT');
    return error as BackupError;
  }
  throw new Error('was accepted');
}

describe('parseManifest', () => {
  it.each([FULL, DIFFERENTIAL, { ...FULL, trigger: { type: 'manual' as const }, description: 'before the move' }])(
    'reads back what was written',
    (manifest) => {
      expect(parseManifest(serialiseManifest(manifest), ID)).toEqual(manifest);
    },
  );

  it('writes the fields in the order of the format, one per line, ending with a line feed', () => {
    const text = serialiseManifest(FULL);
    expect(text).toMatch(/^\{\n {2}"format": "nestjs-backup\/manifest",\n {2}"version": 1,\n {2}"id"/);
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('proves itself by its checksum, whatever the order of its fields', () => {
    const { manifest_sha256, ...rest } = JSON.parse(serialiseManifest(NUMBERED)) as Record<string, unknown>;
    const backwards = Object.fromEntries(Object.entries({ ...rest, manifest_sha256 }).reverse());
    expect(parseManifest(JSON.stringify(backwards), ID)).toEqual(NUMBERED);
    expect(refusal(JSON.stringify({ ...backwards, created_at: '2026-01-20T12:00:00.123Z' })).message).toContain(
      'manifest_sha256',
    );
    expect(refusal(JSON.stringify(rest)).message).toContain('manifest_sha256');
    expect(refusal(JSON.stringify({ ...rest, manifest_sha256: null })).message).toContain('manifest_sha256');
  });

  it('is refused with any single bit flipped', () => {
    const bytes = Buffer.from(serialiseManifest(NUMBERED));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const text = flipped.toString('utf8');
      try {
        expect(parseManifest(text, ID), `bit ${bit}`).toEqual(NUMBERED); // white space that became other white space
      } catch (error) {
        expect((error as BackupError).code, `bit ${bit}`).toBe('SNAPSHOT_CORRUPT');
      }
    }
  });

  it('without a checksum or number is one of an earlier version', () => {
    expect(parseManifest(JSON.stringify(FULL), ID)).toEqual(FULL);
  });

  it.each(Object.keys(FULL) as (keyof Manifest)[])('misses the field %s by name', (field) => {
    const { [field]: _left, ...rest } = FULL;
    expect(refusal(JSON.stringify(rest)).message).toContain(`"${field}"`);
  });

  const WRONG: [string, unknown][] = [
    ['format', 'somebody-else/manifest'],
    ['version', 2],
    ['version', '1'],
    ['id', BASE],
    ['filename', `${BASE}.json`],
    ['filename', `${ID}./../../etc/passwd`],
    ['filename', `${ID}.\\..\\x`],
    ['filename', `${ID}.\0json`],
    ['filename', ID],
    ['kind', 'incremental'],
    ['base', BASE],
    ['sequence', 0],
    ['sequence', -1],
    ['sequence', '7'],
    ['warnings', {}],
    ['warnings', [{ code: 'incomplete' }]],
    ['plan', null],
    ['source', 1],
    ['engine', {}],
    ['created_at', 'yesterday'],
    ['created_at', 1769774400000],
    ['duration_ms', '184'],
    ['duration_ms', null],
    ['trigger', 'manual'],
    ['trigger', null],
    ['trigger', { type: 'moon phase' }],
    ['trigger', { type: 'event', event: 5 }],
    ['trigger', { type: 'event', subjects: {} }],
    ['trigger', { type: 'event', subjects: [null] }],
    ['trigger', { type: 'event', subjects: [{ role: 'student' }] }],
    ['trigger', { type: 'event', subjects: [{ role: 5, user_id: 5 }] }],
    ['description', 5],
    ['file_size_bytes', -1],
    ['file_size_bytes', 1.5],
    ['file_size_bytes', 2 ** 53],
    ['checksum', 'A'.repeat(64)],
    ['checksum', 'a'.repeat(63)],
    ['checksum_algorithm', 'MD5'],
    ['tables', []],
    ['tables', { users: { rows: -1, sha256: HASH } }],
    ['tables', { users: { rows: 1, sha256: 'short' } }],
    ['tables', { users: { sha256: HASH } }],
    ['tables', { users: null }],
    ['database', 'sqlite'],
    ['database', { type: 5, name: 'a', server_version: 'b' }],
    ['database', { type: 'sqlite', server_version: 'b' }],
    ['database', { type: 'sqlite', name: 'a' }],
    ['schema', null],
    ['schema', { fingerprint: 5, migrations: [], ddl: [] }],
    ['schema', { fingerprint: HASH, migrations: [5], ddl: [] }],
    ['schema', { fingerprint: HASH, migrations: [] }],
    ['schema', { fingerprint: HASH, migrations: [], ddl: [], pragmas: {} }],
    [
      'schema',
      { fingerprint: HASH, migrations: [], ddl: [], pragmas: { ...PRAGMAS, user_version: '1; DROP TABLE x' } },
    ],
    ['schema', { fingerprint: HASH, migrations: [], ddl: [], pragmas: { ...PRAGMAS, journal_mode: 'off' } }],
    ['app_version', 1],
  ];
  it.each(WRONG)('refuses %s = %j by name', (field, value) => {
    expect(refusal(summed({ ...FULL, [field]: value })).message).toContain(`"${field}"`);
  });

  it.each([null, 5, '', '../x', 'Upper', ID])('refuses %j as the base of a differential', (base) => {
    expect(refusal(JSON.stringify({ ...DIFFERENTIAL, base })).message).toContain('"base"');
  });

  it('refuses an expected id that could never be one', () => {
    expect(refusal(JSON.stringify({ ...FULL, id: '../x', filename: '../x.json' }), '../x').message).toContain('"id"');
  });

  it.each(['', '{', 'null', '5', '"text"', serialiseManifest(FULL).slice(0, -3)])('refuses %j', (text) => {
    expect(refusal(text).message).toMatch(/not a JSON object/);
  });

  it('refuses any other JSON with a proper error and never with an accident', () => {
    fc.assert(fc.property(fc.json(), (text) => refusal(text).code === 'SNAPSHOT_CORRUPT'));
    const changed = fc.record({ field: fc.constantFrom(...Object.keys(FULL)), value: fc.jsonValue() });
    fc.assert(
      fc.property(changed, ({ field, value }) => {
        try {
          parseManifest(JSON.stringify({ ...FULL, [field]: value }), ID);
        } catch (error) {
          expect(error).toBeInstanceOf(BackupError);
        }
      }),
    );
  });
});

describe('snapshotFromManifest', () => {
  it('says what the manifest says, and nothing about pins and checks that nobody made', () => {
    expect(snapshotFromManifest(DIFFERENTIAL, null)).toMatchObject({
      id: ID,
      kind: 'differential',
      base: BASE,
      size_bytes: FULL.file_size_bytes,
      checksum: HASH,
      location: 'regular',
      archive: null,
      pinned: false,
      verified_at: null,
      is_valid: null,
    });
  });

  it('knows the archive it lies in', () => {
    const archive = 'archived_backups_20260130.zip';
    expect(snapshotFromManifest(FULL, archive)).toMatchObject({ location: 'archived', archive });
  });
});
