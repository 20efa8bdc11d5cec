import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InlineEngine } from '../support/inline-engines.js';
import { HAS_MYSQL, MysqlBench } from '../support/mysql-bench.js';
import { createTraps, disturb } from '../support/mysql-traps.js';

describe.skipIf(!HAS_MYSQL)('MySQL and MariaDB: a round trip', () => {
  let bench: MysqlBench;

  beforeEach(async () => {
    bench = await MysqlBench.open(new InlineEngine());
  });
  afterEach(() => bench.close());

  /** Of the values as they are stored: a dump prints six digits of a float. */
  async function physicalChecksums() {
    const tables = await bench.rows(`SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'`);
    const names = tables.map((row) => `\`${String(Object.values(row)[0]).replaceAll('`', '``')}\``);
    return bench.rows(`CHECKSUM TABLE ${names.join(', ')} EXTENDED`);
  }

  it('gives back every value of every type', async () => {
    await createTraps(bench);
    const before = await bench.dump();
    const checksums = await physicalChecksums();
    const snapshot = await bench.capture();
    expect(await bench.dump()).toBe(before);
    await disturb(bench);
    const outcome = await bench.restore(snapshot);
    expect(outcome.warnings).toEqual([]);
    expect(await bench.dump()).toBe(before);
    expect(await physicalChecksums()).toEqual(checksums);
    expect((await bench.capture()).manifest.tables).toEqual(snapshot.manifest.tables);
  });
});
