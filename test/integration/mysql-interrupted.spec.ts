import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredSnapshot } from '../../src/backup/engines/snapshot.engine.js';
import { eventually } from '../support/eventually.js';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { CuttingProxy, type Cut } from '../support/mysql-proxy.js';

const SCHEMA = `
CREATE TABLE parent (id int AUTO_INCREMENT PRIMARY KEY, v varchar(20));
CREATE TABLE child (id int AUTO_INCREMENT PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE);
CREATE TABLE audit (id int AUTO_INCREMENT PRIMARY KEY, what varchar(50));
CREATE TRIGGER first AFTER INSERT ON parent FOR EACH ROW INSERT INTO audit (what) VALUES ('first');
CREATE TRIGGER second AFTER INSERT ON parent FOR EACH ROW INSERT INTO audit (what) VALUES ('second');
CREATE TRIGGER gone BEFORE DELETE ON child FOR EACH ROW INSERT INTO audit (what) VALUES ('gone');
`;
const ROWS = `
INSERT INTO parent (v) VALUES ('a'), ('b'), ('c'); INSERT INTO child (parent) VALUES (1), (2), (NULL); DELETE FROM child WHERE id = 3;
`;
const LATER = `INSERT INTO parent (id, v) VALUES (50, 'later'); UPDATE parent SET v = 'x' WHERE id = 1; DELETE FROM child; DELETE FROM audit WHERE id > 3; INSERT INTO child (id, parent) VALUES (70, 50);`;

const ALL =
  'SET foreign_key_checks = 0; DROP TABLE IF EXISTS parent, child, audit, nestjs_backup_unfinished; SET foreign_key_checks = 1;';

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB: a restore that is cut off', () => {
  let bench: MysqlBench;
  let snapshot: StoredSnapshot;
  let oldDump: string;
  let newDump: string;

  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
    await bench.exec(SCHEMA + ROWS);
    snapshot = await bench.capture();
    newDump = await bench.dump();
    await startAgain();
    oldDump = await bench.dump();
  });
  afterEach(() => bench.close());

  const startAgain = () => bench.exec(ALL + SCHEMA + ROWS + LATER);

  /** Only the rows: triggers may be missing for the moment, and counters never go back. */
  const rowsIn = (dump: string) => dump.match(/^INSERT INTO `(?!nestjs_backup_unfinished)[^;]*;$/gm);
  const withoutCounters = (dump: string) => dump.replace(/ AUTO_INCREMENT=\d+/g, '');

  /** Until the server has noticed, and rolled back. */
  const untilAlone = () =>
    eventually(
      async () =>
        Number(
          await bench.value(
            'SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()',
          ),
        ) === 0,
    );

  /** @returns whether the restore was over before that statement came */
  async function cutAt(statement: number, how: Cut, found: Set<string>): Promise<boolean> {
    const proxy = await CuttingProxy.open(bench.target, statement, how);
    const outcome = await bench.restore(snapshot, { target: proxy.throughIt }).catch((error: Error) => error);
    await proxy.close();
    await untilAlone();
    const where = `statement ${statement}, cut ${how}`;
    const left = rowsIn(await bench.dump());
    const isNew = left?.join('\n') === rowsIn(newDump)?.join('\n');
    if (!isNew) expect(left, where).toEqual(rowsIn(oldDump));
    await bench.capture(); // whatever is done next puts the rest in order
    const dump = await bench.dump();
    if (isNew) expect(dump, where).toBe(newDump);
    else expect(withoutCounters(dump), where).toBe(withoutCounters(oldDump));
    found.add(isNew ? 'new' : 'old');
    if (!(outcome instanceof Error)) return true;
    expect(outcome, where).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await startAgain();
    return false;
  }

  it('leaves the old rows or the new ones at every statement, and the triggers come back', async () => {
    const found = new Set<string>();
    let statement = 1;
    while (!(await cutAt(statement, statement % 2 === 0 ? 'before' : 'after', found))) statement++;
    expect(statement).toBeGreaterThan(70);
    expect([...found].sort()).toEqual(['new', 'old']);
  });
});
