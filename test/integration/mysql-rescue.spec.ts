import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serialiseManifest } from '../../src/backup/model/manifest.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { createTraps } from '../support/mysql-traps.js';

/** The recipe of the restore runbook, exactly as it is printed there, with no line of this program. */
async function recipe(): Promise<string> {
  const runbook = await readFile('docs/restore-runbook.md', 'utf8');
  const marked = runbook.split('<!-- mysql:start -->')[1]!.split('<!-- mysql:end -->')[0]!;
  return /```bash\n([\s\S]*?)```/.exec(marked)![1]!;
}

describe.skipIf(!HAS_MYSQL)('the runbook without the program, on MySQL and MariaDB', () => {
  let source: MysqlBench;
  let target: MysqlBench;

  beforeEach(async () => {
    source = await MysqlBench.open();
    target = await MysqlBench.open();
  });
  afterEach(async () => {
    await source.close();
    await target.close();
  });

  it('builds the same database from a snapshot with jq and the client alone', async () => {
    await createTraps(source);
    // Older jqs replace what Unicode calls noncharacters.
    await source.exec(`DELETE FROM texts WHERE tt LIKE CONCAT('%', CONVERT(0xEFBFBF USING utf8mb4), '%')`);
    const { manifest } = await source.capture();
    const folder = source.files.folder;
    await writeFile(join(folder, `${manifest.id}.meta.json`), serialiseManifest(manifest));
    const { host, port, user, password, database } = target.target;
    execFileSync('bash', ['-c', `set -euo pipefail\n${await recipe()}`], {
      cwd: folder,
      env: {
        ...process.env,
        SNAPSHOT: manifest.id,
        TARGET: `--host=${host} --port=${port} --user=${user} ${database}`,
        MYSQL_PWD: password,
      },
    });
    await source.exec('DELETE FROM migrations; ALTER TABLE migrations AUTO_INCREMENT = 1');
    const named = (dump: string) => dump.replaceAll(source.database, target.database); // which defaults of sequences say
    expect(await target.dump()).toBe(named(await source.dump()));
  });
});
