import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serialiseManifest } from '../../src/backup/model/manifest.js';
import { EngineBench } from '../support/engine-bench.js';
import { createTraps, dump } from '../support/sqlite-oracle.js';

/** The recipe of the restore runbook, exactly as it is printed there, with no line of this program. */
async function recipe(): Promise<string> {
  const runbook = await readFile('docs/restore-runbook.md', 'utf8');
  const marked = /<!-- rescue:start -->([\s\S]*)<!-- rescue:end -->/.exec(runbook)?.[1] ?? '';
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
    const snapshot = await bench.capture();
    await writeFile(join(bench.folder, `${snapshot.manifest.id}.meta.json`), serialiseManifest(snapshot.manifest));
    const target = join(bench.folder, 'rescued.sqlite');

    const said = execFileSync('bash', ['-c', await recipe()], {
      cwd: bench.folder,
      env: { ...process.env, SNAPSHOT: snapshot.manifest.id, TARGET: target },
      encoding: 'utf8',
    });

    expect(said).toMatch(/^ok$/m);
    expect(comparable(target)).toBe(comparable(bench.databasePath));
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
