import { request } from 'node:http';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { JsonEngine } from '../../src/backup/engines/json/json.engine.js';
import type { Comparison, TableComparison } from '../../src/backup/model/comparison.js';
import { CompareOperation } from '../../src/backup/operations/compare.operation.js';
import { Clock } from '../../src/backup/system/clock.js';
import { BACKUPS, BackupsClient, error, gate, invalid } from '../support/backups-client.js';
import { eventually } from '../support/eventually.js';
import { startHostApp, type HostApp } from '../support/host-app.js';

const DAY_MS = 86_400_000;
const twentyDaysAgo = (time: string) => `${new Date(Date.now() - 20 * DAY_MS).toISOString().slice(0, 10)}T${time}.000Z`;

describe('comparing', () => {
  let host: HostApp;
  let backups: BackupsClient;

  beforeAll(async () => {
    host = await startHostApp();
    backups = new BackupsClient(host);
    await sql('CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, big INTEGER)');
    await sql('CREATE TABLE notes (text TEXT)');
    // So large that the snapshots of one day are differentials.
    await sql('CREATE TABLE ballast (text TEXT)');
    await sql(`INSERT INTO ballast SELECT hex(randomblob(200000))`);
  });
  afterAll(() => host.close());
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const sql = (text: string) => host.app.get(DataSource).query<unknown>(text);
  const diff = async (id: string, query: string) => (await backups.get(`/${id}/diff?${query}`).expect(200)).body;
  const changesOf = ({ tables }: Comparison, name: string): TableComparison =>
    tables.find(({ table }) => table === name)!;
  const changed = ({ tables }: Comparison) =>
    tables.filter(({ inserted, updated, deleted }) => inserted !== 0 || updated !== 0 || deleted !== 0);
  const things = async () => {
    await sql('DELETE FROM things');
    await sql(`INSERT INTO things VALUES (1, 'one', 9007199254740992), (2, 'two', 0), (3, 'three', 0), (10, 'ten', 0)`);
  };
  const edit = async () => {
    await sql(`UPDATE things SET big = 9007199254740993 WHERE id = 1`);
    await sql(`DELETE FROM things WHERE id = 3`);
    await sql(`INSERT INTO things VALUES (9223372036854775807, 'last', NULL)`);
    await sql(`INSERT INTO notes VALUES ('a'), ('a')`);
  };

  it('two snapshots: counts of every table, in either direction', async () => {
    await things();
    const before = await backups.capture();
    await edit();
    const after = await backups.capture();
    expect([before.kind, after.kind]).toContain('differential');

    const there = (await diff(before.id, `with=${after.id}`)) as Comparison;
    expect(there).toMatchObject({
      before: { id: before.id, at: before.created_at },
      after: { id: after.id, at: after.created_at },
    });
    expect(there.tables.map(({ table }) => table).filter((name) => name !== 'sqlite_sequence')).toEqual(
      Object.keys(after.tables).sort(),
    );
    expect(changesOf(there, 'things')).toEqual({
      table: 'things',
      rows_before: 4,
      rows_after: 4,
      comparable: true,
      inserted: 1,
      updated: 1,
      deleted: 1,
      matched_by: 'primary_key',
      columns_only_before: [],
      columns_only_after: [],
    });
    expect(changesOf(there, 'notes')).toMatchObject({ inserted: 2, updated: 0, deleted: 0 });
    expect(changed(there).map(({ table }) => table)).toEqual(['notes', 'things']);

    const back = (await diff(after.id, `with=${before.id}`)) as Comparison;
    expect(changesOf(back, 'things')).toMatchObject({ inserted: 1, updated: 1, deleted: 1 });
    expect(changesOf(back, 'notes')).toMatchObject({ inserted: 0, updated: 0, deleted: 2 });
    expect(changed((await diff(after.id, `with=${after.id}`)) as Comparison)).toEqual([]);
  });

  it('a snapshot with the live database', async () => {
    await things();
    const snapshot = await backups.capture();
    const none = (await diff(snapshot.id, 'with=now')) as Comparison;
    expect(none.after).toEqual({ id: 'now', at: expect.any(String) });
    expect(changed(none)).toEqual([]);
    await edit();
    const some = (await diff(snapshot.id, 'with=now')) as Comparison;
    expect(changesOf(some, 'things')).toMatchObject({ inserted: 1, updated: 1, deleted: 1 });
  });

  it('the changed rows of one table, in pages and in the order of the key', async () => {
    await things();
    const { id } = await backups.capture();
    await edit();
    const answer = await backups.get(`/${id}/diff?with=now&table=things`).expect(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.body).toMatchObject({ table: 'things', inserted: 1, updated: 1, deleted: 1 });
    expect(answer.body).toMatchObject({ before: { id }, after: { id: 'now' }, offset: 0, limit: 100, total: 3 });
    // As text, since these numbers are larger than JavaScript's.
    expect(answer.text).toContain(
      '"rows":[{"kind":"updated","before":{"id":1,"name":"one","big":9007199254740992},"after":{"id":1,"name":"one","big":9007199254740993}},\n' +
        '{"kind":"deleted","before":{"id":3,"name":"three","big":0},"after":null},\n' +
        '{"kind":"inserted","before":null,"after":{"id":9223372036854775807,"name":"last","big":null}}]}',
    );
    const page = await diff(id, 'with=now&table=things&offset=1&limit=1');
    expect(page).toMatchObject({ offset: 1, limit: 1, total: 3, rows: [{ kind: 'deleted', before: { id: 3 } }] });
    expect((await diff(id, 'with=now&table=things&offset=3')).rows).toEqual([]);
    expect(await diff(id, 'with=now&table=ballast')).toMatchObject({ total: 0, rows: [] });
  });

  it('archived snapshots, by their ids', async () => {
    await things();
    const first = await backups.captureAt(twentyDaysAgo('11:00:00'));
    await edit();
    const second = await backups.captureAt(twentyDaysAgo('12:00:00'));
    const expected = (await diff(first.id, `with=${second.id}`)) as Comparison;
    await backups.put('/config', { min_keep: 1 }).expect(200);
    await backups.capture();
    await backups.post('/cleanup').expect(200);
    expect((await backups.get(`/${first.id}`)).body).toMatchObject({ location: 'archived' });
    expect(changesOf(expected, 'things')).toMatchObject({ inserted: 1, updated: 1, deleted: 1 });
    expect(await diff(first.id, `with=${second.id}`)).toEqual(expected);
    expect((await diff(first.id, `with=${second.id}&table=things`)).total).toBe(3);
    const fresh = await backups.capture();
    expect(changed((await diff(second.id, `with=${fresh.id}`)) as Comparison)).toEqual([]);
  });

  describe('a restore preview', () => {
    const preview = async (id: string, query = '') =>
      (await backups.get(`/${id}/restore-preview${query}`).expect(200)).body;

    it('says what the restore then does', async () => {
      await things();
      const { id } = await backups.capture();
      await edit();
      const before = await preview(id);
      expect(before).toMatchObject({ before: { id: 'now' }, after: { id }, schema_differences: [] });
      expect(changesOf(before as Comparison, 'things')).toMatchObject({ inserted: 1, updated: 1, deleted: 1 });
      expect(changesOf(before as Comparison, 'notes')).toMatchObject({ inserted: 0, deleted: 2 });

      await backups.post(`/${id}/restore?wait=true`, { confirm: id }).expect(200);
      expect(changed((await preview(id)) as Comparison)).toEqual([]);
    });

    it('of chosen tables', async () => {
      const { id } = await backups.capture();
      const names = async (query: string) =>
        ((await preview(id, query)) as Comparison).tables.map(({ table }) => table);
      expect(await names('?tables=things')).toEqual(['things']);
      expect(await names('?tables=users&tables=things')).toEqual(['things', 'users']);
      expect((await backups.get(`/${id}/restore-preview?tables=nothing`).expect(404)).body).toEqual(
        error(404, 'TABLE_NOT_FOUND'),
      );
      expect((await backups.get(`/${id}/restore-preview?tables=users&tables=users`).expect(400)).body).toEqual(
        invalid('tables'),
      );
    });

    it('names what stands in its way, and counts all the same', async () => {
      await things();
      const { id } = await backups.capture();
      await sql('ALTER TABLE things ADD COLUMN colour TEXT');
      await sql('CREATE TABLE newcomer (id INTEGER PRIMARY KEY)');
      await sql(`UPDATE things SET name = 'zwei', colour = 'red' WHERE id = 2`);
      try {
        const found = await preview(id);
        expect(found.schema_differences).toEqual([
          { table: 'things', column: 'colour', difference: expect.any(String) },
          { table: 'newcomer', column: null, difference: expect.any(String) },
        ]);
        expect(changesOf(found as Comparison, 'things')).toMatchObject({
          inserted: 0,
          updated: 1,
          deleted: 0,
          columns_only_before: ['colour'],
          columns_only_after: [],
        });
        expect(changesOf(found as Comparison, 'newcomer')).toBeUndefined();
        expect(changesOf((await diff(id, 'with=now')) as Comparison, 'newcomer')).toMatchObject({ rows_before: null });
      } finally {
        await sql('ALTER TABLE things DROP COLUMN colour');
        await sql('DROP TABLE newcomer');
      }
    });
  });

  describe('refuses', () => {
    it('what is not known or not asked properly', async () => {
      const { id } = await backups.capture();
      const refusal = async (path: string, status: number) => (await backups.get(path).expect(status)).body;
      expect(await refusal(`/${id}/diff`, 400)).toEqual(invalid('with'));
      expect(await refusal(`/${id}/diff?with=now&with=${id}`, 400)).toEqual(invalid('with'));
      expect(await refusal(`/${id}/diff?with=now&limit=0&table=things`, 400)).toEqual(invalid('limit'));
      expect(await refusal(`/${id}/diff?with=now&sort=id`, 400)).toEqual(invalid('sort'));
      for (const unknown of ['nothing', '..%2f..%2fetc%2fpasswd', '', 'NOW'])
        expect(await refusal(`/${id}/diff?with=${unknown}`, 404)).toEqual(error(404, 'SNAPSHOT_NOT_FOUND'));
      expect(await refusal('/now/diff?with=now', 404)).toEqual(error(404, 'SNAPSHOT_NOT_FOUND'));
      expect(await refusal('/nothing/restore-preview', 404)).toEqual(error(404, 'SNAPSHOT_NOT_FOUND'));
      for (const unknown of ['nothing', '__proto__', ''])
        expect(await refusal(`/${id}/diff?with=now&table=${unknown}`, 404)).toEqual(error(404, 'TABLE_NOT_FOUND'));
      expect(await refusal('/jobs/diff?with=now', 404)).toEqual(error(404, 'JOB_NOT_FOUND'));
    });

    it('whoever is not an admin', async () => {
      const person = { email: 'compares@example.com', password: 'a good password', name: 'Student' };
      const student = await host.http.post('/users').send(person).expect(201);
      const token = await host.tokenOf((student.body as { id: number }).id);
      for (const path of ['/any/diff?with=now', '/any/restore-preview']) {
        await host.http.get(BACKUPS + path).expect(401);
        await host.http
          .get(BACKUPS + path)
          .auth(token, { type: 'bearer' })
          .expect(403);
      }
    });

    it('a damaged snapshot, in whichever place', async () => {
      await things();
      const sound = await backups.capture({ kind: 'full' });
      await edit();
      const damaged = await backups.capture({ kind: 'full' });
      await backups.damage(damaged.filename);
      for (const path of [
        `/${sound.id}/diff?with=${damaged.id}`,
        `/${damaged.id}/diff?with=${sound.id}&table=things`,
        `/${damaged.id}/restore-preview`,
      ])
        expect((await backups.get(path).expect(409)).body).toEqual(error(409, 'SNAPSHOT_CORRUPT'));
      await backups.delete(`/${damaged.id}`).expect(204);
    });

    it('what would have to wait behind too many', async () => {
      const { id } = await backups.capture();
      const { opened, open } = gate();
      const engine = host.app.get(JsonEngine, { strict: false });
      const compare = engine.compare.bind(engine);
      let atOnce = 0;
      vi.spyOn(engine, 'compare').mockImplementation(async (asked, run) => {
        expect(++atOnce).toBe(1);
        await opened;
        return compare(asked, run).finally(() => atOnce--);
      });
      const statuses: number[] = [];
      const answers = Array.from({ length: 7 }, async () => {
        const { status, body, headers } = await backups.get(`/${id}/diff?with=now`);
        statuses.push(status);
        if (status !== 503) return;
        expect(body).toEqual(error(503, 'BUSY'));
        expect(headers['retry-after']).toBe('5');
      });
      await eventually(() => statuses.length === 2);
      open();
      await Promise.all(answers);
      expect(statuses).toEqual([503, 503, 200, 200, 200, 200, 200]);
    });
  });

  it('stops when nobody waits for the answer any more', async () => {
    const { id } = await backups.capture();
    const engine = host.app.get(JsonEngine, { strict: false });
    const aborted = new Promise((resolve) =>
      vi.spyOn(engine, 'compare').mockImplementation((_, run) => {
        client.destroy();
        return new Promise((_answer, reject) =>
          run!.signal!.addEventListener('abort', () => {
            resolve(run!.signal!.reason);
            reject(run!.signal!.reason as Error);
          }),
        );
      }),
    );
    const client = request(`${await host.app.getUrl()}${BACKUPS}/${id}/diff?with=now`, {
      headers: { authorization: `Bearer ${host.adminToken}` },
    });
    client.on('error', () => undefined).end();
    expect(await aborted).toMatchObject({ code: 'CANCELLED' });
    vi.restoreAllMocks();
    await diff(id, 'with=now'); // and the next one has its turn
  });

  describe('is ended', () => {
    /** The answer to a comparison that goes on until it is ended, and what happens as soon as it has begun. */
    async function endedBy(end: () => void) {
      const { id } = await backups.capture();
      const engine = host.app.get(JsonEngine, { strict: false });
      vi.spyOn(engine, 'compare').mockImplementation(
        (_, run) =>
          new Promise((_answer, reject) => {
            run!.signal!.addEventListener('abort', () => reject(run!.signal!.reason as Error));
            setImmediate(end);
          }),
      );
      return backups.get(`/${id}/diff?with=now`);
    }

    it('by the time limit of jobs', async () => {
      let limit: () => void = () => undefined;
      const answer = endedBy(() => limit());
      const clock = host.app.get(Clock, { strict: false });
      const after = clock.after.bind(clock);
      vi.spyOn(clock, 'after').mockImplementation((ms, run) => {
        if (ms === 60 * 60_000) limit = run;
        return after(ms, run);
      });
      const { body } = await answer;
      expect(body).toEqual(error(504, 'TIMED_OUT'));
    });

    it('by a shutdown, which would wait for it', async () => {
      const { body } = await endedBy(() => host.app.get(CompareOperation, { strict: false }).close());
      expect(body).toEqual(error(500, 'INTERRUPTED'));
    });
  });

  it('is there for programs too', async () => {
    const { id } = await backups.capture();
    const { tables } = await host.app.get(CompareOperation, { strict: false }).compare(id, 'now');
    expect(tables.find(({ table }) => table === 'users')).toMatchObject({ inserted: 0, updated: 0, deleted: 0 });
  });
});
