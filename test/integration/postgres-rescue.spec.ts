import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serialiseManifest } from '../../src/backup/model/manifest.js';
import { hasPostgres, PostgresBench } from '../support/postgres-bench.js';
import { TRAPS } from '../support/postgres-traps.js';
import { EVERY_TYPE } from '../support/postgres-values.js';

/** The recipe of the restore runbook, exactly as it is printed there, with no line of this program. */
async function recipe(): Promise<string> {
  const runbook = await readFile('docs/restore-runbook.md', 'utf8');
  const marked = runbook.split('<!-- postgres:start -->')[1]!.split('<!-- postgres:end -->')[0]!;
  return /```bash\n([\s\S]*?)```/.exec(marked)![1]!;
}

describe.skipIf(!hasPostgres)('the runbook without the program, on PostgreSQL', () => {
  let source: PostgresBench;
  let target: PostgresBench;

  beforeEach(async () => {
    source = await PostgresBench.open();
    target = await PostgresBench.open();
  });
  afterEach(async () => {
    await source.close();
    await target.close();
  });

  it.each([
    ['every type', EVERY_TYPE],
    ['traps', TRAPS],
  ])('builds the same database from a snapshot with jq and psql alone: %s', async (_what, schema) => {
    await source.script(schema);
    // Older jqs replace what Unicode calls noncharacters.
    if (schema === EVERY_TYPE) await source.script(`DELETE FROM texts WHERE t LIKE '%' || chr(65535) || '%';`);
    const { manifest } = await source.capture();
    await writeFile(join(source.folder, `${manifest.id}.meta.json`), serialiseManifest(manifest));
    execFileSync('bash', ['-c', `set -euo pipefail\n${await recipe()}`], {
      cwd: source.folder,
      env: { ...process.env, SNAPSHOT: manifest.id, TARGET: target.url },
    });
    if (schema === TRAPS) await source.script('DELETE FROM migrations; ALTER SEQUENCE migrations_id_seq RESTART;');
    expect(rowsInAnyOrder(target.dump()) === rowsInAnyOrder(source.dump())).toBe(true);
  });
});

/** INSERT puts a row wherever there is room. */
const rowsInAnyOrder = (dump: string): string =>
  dump.replace(/(?<=^COPY .* FROM stdin;\n)[\s\S]*?(?=^\\\.$)/gm, (rows) => rows.split('\n').sort().join('\n'));
