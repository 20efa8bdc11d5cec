import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/backup/model/manifest.js';
import { BackupError } from '../../src/backup/model/errors.js';
import { parseManifest } from '../../src/backup/model/parse-manifest.js';
import { manifestName } from '../../src/backup/model/snapshot-id.js';
import { SeededRandom } from '../support/changing-database.js';
import { rounds, SEED } from '../support/rounds.js';
import { StoredFolder, withEachBitFlipped, type Outcome } from '../support/stored-folder.js';

/** EVERY_BIT=1 flips all bits of all files, which takes hours; otherwise as many as PIECES says of each larger one. With TMPDIR on a disk in memory it is faster. */
const EVERY_BIT = process.env['EVERY_BIT'] === '1';
const PIECES = EVERY_BIT ? Infinity : Number(process.env['PIECES'] ?? rounds(8, 24));
const ALL_BITS_TIMEOUT_MS = 86_400_000;

const FULL = 'auto_backup_20260130_000000';
const DIFFERENTIAL = 'auto_backup_20260130_000001';
const NATIVE = 'auto_backup_20260130_000002';
const FILES = 'auto_backup_20260130_000003';
const IDS = [0, 1, 2, 3, 4, 5, 6].map((n) => `auto_backup_20260130_00000${n}`);

let stored: StoredFolder;
/** Of each snapshot, what is right. */
const right = new Map<string, Record<'list' | 'extract' | 'restore', Outcome>>();

function* bitsOf(path: string, most: number): Generator<number> {
  const size = statSync(path).size * 8;
  const random = new SeededRandom(SEED);
  for (let n = 0; n < Math.min(size, most); n++) yield most >= size ? n : random.below(size);
}

/** All of them, one after the other, in the same buffer. */
function* flipped(bytes: Buffer): Generator<[bit: number, bytes: Buffer]> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    yield [bit, bytes];
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
}

/** Whether it is refused; else it is exactly what it should be. */
function isRefused(outcome: Outcome, wanted: Outcome, where: string): boolean {
  if ('refused' in outcome) return true;
  expect(outcome, where).toEqual(wanted);
  return false;
}

beforeAll(async () => {
  stored = await StoredFolder.make();
  const kinds = IDS.map((id) => stored.manifests.get(id)!.kind);
  expect(kinds).toEqual(['full', 'differential', 'full', 'full', 'differential', 'full', 'full']);
  for (const id of IDS) {
    expect(await stored.verify(id), id).toEqual({ gave: null });
    right.set(id, {
      list: await stored.list(id),
      extract: await stored.extract(id),
      restore: await stored.restore(id),
    });
    for (const outcome of Object.values(right.get(id)!)) expect(outcome, id).toHaveProperty('gave');
  }
});
afterAll(() => stored.close());

it('the checksum of a manifest can be told without this program', async () => {
  for (const id of IDS) {
    const path = join(stored.backups, manifestName(id));
    const rest = execFileSync('jq', ['-cjS', 'del(.manifest_sha256)', path]);
    const { manifest_sha256 } = JSON.parse(await readFile(path, 'utf8')) as { manifest_sha256: string };
    expect(createHash('sha256').update(rest).digest('hex')).toBe(manifest_sha256);
  }
});

describe(`one flipped bit (seed ${SEED})`, () => {
  it.each(IDS)('anywhere in the manifest of %s: it is refused, by whoever reads it', async (id) => {
    const path = join(stored.backups, manifestName(id));
    for (const [bit, bytes] of flipped(await readFile(path)))
      expect(() => parseManifest(bytes.toString(), id), `bit ${bit}`).toThrow(BackupError);
    await withEachBitFlipped(path, bitsOf(path, 3), async (bit) => {
      for (const use of ['list', 'verify', 'extract', 'restore'] as const)
        expect(await stored[use](id), `bit ${bit}`).toHaveProperty('refused');
    });
  });

  it.each(IDS)(
    'anywhere in the document of %s: verification names it, nothing else comes out',
    async (id) => {
      const path = join(stored.backups, stored.manifests.get(id)!.filename);
      await withEachBitFlipped(path, bitsOf(path, PIECES), async (bit) => {
        expect(await stored.verify(id), `bit ${bit}`).toHaveProperty('refused');
        for (const use of ['extract', 'restore'] as const)
          isRefused(await stored[use](id), right.get(id)![use], `bit ${bit}: ${use}`);
        expect(await stored.list(id)).toEqual(right.get(id)!.list);
      });
    },
    ALL_BITS_TIMEOUT_MS,
  );

  it(
    'anywhere in a base: what builds on it is refused, or right',
    async () => {
      const path = join(stored.backups, stored.manifests.get(FULL)!.filename);
      await withEachBitFlipped(path, bitsOf(path, PIECES), async (bit) => {
        expect(await stored.verify(DIFFERENTIAL), `bit ${bit}`).toHaveProperty('refused');
        isRefused(await stored.restore(DIFFERENTIAL), right.get(DIFFERENTIAL)!.restore, `bit ${bit}`);
      });
    },
    ALL_BITS_TIMEOUT_MS,
  );

  it(
    'anywhere in an archive: each snapshot in it is refused, or exactly what it was',
    async () => {
      const another = await StoredFolder.make();
      try {
        const path = await another.archive();
        const archive = path.slice(path.lastIndexOf('/') + 1);
        const sound = new Map<string, Record<string, Outcome>>();
        for (const id of IDS) {
          expect(await another.verify(id, archive), id).toEqual({ gave: null });
          const [list, extract, restore] = [
            await another.list(id, archive),
            await another.extract(id, archive),
            await another.restore(id, archive),
          ];
          sound.set(id, { list, extract, restore });
        }
        let named = 0;
        let bits = 0;
        await withEachBitFlipped(path, bitsOf(path, PIECES), async (bit) => {
          const verdicts: boolean[] = [];
          for (const id of IDS) {
            const verdict = await another.verify(id, archive);
            verdicts.push('refused' in verdict);
            for (const use of ['list', 'extract', 'restore'] as const) {
              if ('refused' in verdict && use !== 'list' && bits % 20 !== 0) continue;
              const outcome = await another[use](id, archive);
              isRefused(outcome, sound.get(id)![use]!, `bit ${bit}: ${use} of ${id}`);
            }
          }
          bits++;
          if (verdicts.includes(true)) named++;
        });
        if (EVERY_BIT) console.log(`archive: ${named} of ${bits} flips named, the others changed nothing`);
        expect(named).toBeGreaterThan(bits / 2);
      } finally {
        await another.close();
      }
    },
    ALL_BITS_TIMEOUT_MS,
  );
});

describe('a manifest of an earlier version, which has no checksum of its own', () => {
  /** What a restore relies on; of the "schema" the tables and their columns, not the statements of indexes and views, nor the names of migrations. */
  const RELIED_ON = [
    'id',
    'filename',
    'kind',
    'base',
    'source',
    'created_at',
    'file_size_bytes',
    'checksum',
    'tables',
    'parts',
  ];

  /** As an earlier version wrote it. */
  function earlier(id: string): string {
    const { sequence: _number, ...manifest } = stored.manifests.get(id)!;
    return `${JSON.stringify(manifest, null, 2)}\n`;
  }

  const changedFields = (before: Manifest, after: Manifest): string[] =>
    Object.keys({ ...before, ...after }).filter(
      (field) => JSON.stringify(before[field as keyof Manifest]) !== JSON.stringify(after[field as keyof Manifest]),
    );

  it.each([FULL, DIFFERENTIAL, NATIVE, FILES, IDS[6]!])(
    'of %s: what a flipped bit changes is found by reading it, or by verification, except where nothing depends on it',
    async (id) => {
      const path = join(stored.backups, manifestName(id));
      const sound = await readFile(path);
      await writeFile(path, earlier(id));
      const before = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
      expect(await stored.verify(id)).toEqual({ gave: null });
      let refused = 0;
      let found = 0;
      const left: Record<string, number> = {};
      try {
        await withEachBitFlipped(path, bitsOf(path, Math.max(PIECES, rounds(40, 150))), async (bit) => {
          if ('refused' in (await stored.list(id))) {
            refused++;
            return;
          }
          const verdict = await stored.verify(id);
          if ('refused' in verdict) {
            found++;
            return;
          }
          const fields = changedFields(before, JSON.parse(readFileSync(path, 'utf8')) as Manifest);
          for (const field of fields) left[field] = (left[field] ?? 0) + 1;
          const unproven = fields.filter((field) => RELIED_ON.includes(field));
          expect(unproven, `bit ${bit}`).toEqual([]);
          isRefused(await stored.restore(id), right.get(id)!.restore, `bit ${bit}`);
        });
      } finally {
        await writeFile(path, sound);
      }
      if (EVERY_BIT) console.log(id, { refused, found, left });
      expect(refused).toBeGreaterThan(0);
    },
    ALL_BITS_TIMEOUT_MS,
  );

  it.each(['2026-01-30T00:00:08.123Z', '2026-01-31T00:00:00.123Z', '2126-01-30T00:00:00.123Z'])(
    'whose time was changed to %s is not listed, so that nothing is deleted by it',
    async (createdAt) => {
      const path = join(stored.backups, manifestName(FULL));
      const sound = await readFile(path);
      await writeFile(path, earlier(FULL).replace('2026-01-30T00:00:00.123Z', createdAt));
      try {
        expect(await stored.list(FULL)).toMatchObject({ refused: expect.stringContaining('"created_at"') });
      } finally {
        await writeFile(path, sound);
      }
    },
  );
});
