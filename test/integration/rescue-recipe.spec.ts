import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { serialiseManifest } from '../../src/backup/model/manifest.js';
import { EngineBench } from '../support/engine-bench.js';
import { createTraps, dump } from '../support/sqlite-oracle.js';

/** A recipe of the restore runbook, exactly as it is printed there, with no line of this program. */
async function recipe(name: 'rescue' | 'whole'): Promise<string> {
  const runbook = await readFile('docs/restore-runbook.md', 'utf8');
  const marked = runbook.split(`<!-- ${name}:start -->`)[1]!.split(`<!-- ${name}:end -->`)[0]!;
  return /```bash\n([\s\S]*?)```/.exec(marked)![1]!;
}

describe('the runbook without the program', () => {
  let bench: EngineBench;

  beforeEach(async () => {
    bench = await EngineBench.open();
  });
  afterEach(() => bench.close());

  it('builds the same database from a snapshot with jq and sqlite3 alone', async () => {
    createTraps(bench.databasePath);
    dropWhatOldShellsCannotRead(bench.databasePath);
    const target = join(bench.folder, 'rescued.sqlite');

    const output = await rescue(await bench.capture(), target);

    expect(output).toMatch(/^ok$/m);
    expect(comparable(target)).toBe(comparable(bench.databasePath));
  });

  it('puts a differential together with its base first', async () => {
    createTraps(bench.databasePath);
    dropWhatOldShellsCannotRead(bench.databasePath);
    const database = new Database(bench.databasePath);
    database.exec(`INSERT INTO no_key VALUES (8, '${'ü日'.repeat(20_000)}')`); // a longer line than jq reads at once
    const base = await bench.capture();
    database.exec(
      `DELETE FROM bytes WHERE id < 7; UPDATE numbers SET i = 9007199254740993 WHERE id = 3; INSERT INTO no_key VALUES (7, 'new')`,
    );
    database.close();
    const differential = await bench.captureAgainst(base);
    expect(differential.manifest.kind).toBe('differential');
    const target = join(bench.folder, 'rescued.sqlite');

    await saveManifest(differential);
    shell(await recipe('whole'), { SNAPSHOT: differential.manifest.id });
    shell(await recipe('rescue'), { SNAPSHOT: `whole/${differential.manifest.id}`, TARGET: target });

    expect(comparable(target)).toBe(comparable(bench.databasePath));
  });

  async function rescue(snapshot: StoredSnapshot, target: string): Promise<string> {
    await saveManifest(snapshot);
    return shell(await recipe('rescue'), { SNAPSHOT: snapshot.manifest.id, TARGET: target });
  }

  const saveManifest = ({ manifest }: StoredSnapshot): Promise<void> =>
    writeFile(join(bench.folder, `${manifest.id}.meta.json`), serialiseManifest(manifest));

  const shell = (script: string, variables: Record<string, string>): string =>
    execFileSync('bash', ['-c', script], {
      cwd: bench.folder,
      env: { ...process.env, ...variables },
      encoding: 'utf8',
    });
});

/** JSON of SQLite before 3.45 ends a text at its first NUL. */
function dropWhatOldShellsCannotRead(path: string): void {
  const database = new Database(path);
  database.exec(
    `UPDATE bytes SET t = NULL WHERE instr(CAST(t AS BLOB), x'00') > 0; DROP TABLE IF EXISTS sqlite_stat1; DROP TABLE IF EXISTS sqlite_stat4`,
  );
  database.close();
}

/** Without the content of the migrations table, which the runbook brings back in a step of its own. */
const comparable = (path: string): string =>
  dump(path)
    .split('\n')
    .filter(
      (line) =>
        !/^(INSERT INTO migrations|ANALYZE|DELETE FROM sqlite_sequence|INSERT INTO sqlite_sequence VALUES\('migrations')/.test(
          line,
        ),
    )
    .join('\n');
