import { In, IsNull, Not, type EntityManager, type Repository } from 'typeorm';
import { placesInOrder } from '../model/order-of-taking.js';
import type { Snapshot, SnapshotLocation, SnapshotOutline } from '../model/snapshot.js';
import { annotated, type Annotations } from './annotation.store.js';
import type { LatestQuery, Page, RestorePointQuery, SnapshotFilter, SnapshotQuery } from './catalog.js';
import { inChunks } from './chunks.js';
import { restorePoints } from './restore-points.js';
import { OUTLINE, outlineOf, type OutlineRow } from './snapshot.outline.js';
import { containing, instant, NEWEST_FIRST, newestFirst, withColumns } from './snapshot.queries.js';
import { recordOf, searchText, snapshotOf, SnapshotRecord } from './snapshot.record.js';

const EQUAL_FILTERS = {
  trigger: 'trigger_type',
  kind: 'kind',
  plan: 'plan',
  source: 'source',
  location: 'location',
  archive: 'archive',
  valid: 'is_valid',
} as const;
/** What was found out about a snapshot since; a manifest that is read again knows nothing of it. */
const FOUND_OUT = ['verified_at', 'is_valid'];
/** What people said of it. */
const SAID = ['pinned', 'description', 'search'];

const snapshotsOf = (rows: readonly SnapshotRecord[]): Snapshot[] => rows.map(snapshotOf);

/** The rows of snapshots. */
export class SnapshotTable {
  private readonly rows: Repository<SnapshotRecord>;

  constructor(manager: EntityManager) {
    this.rows = manager.getRepository(SnapshotRecord);
  }

  async find(id: string): Promise<Snapshot | null> {
    const row = await this.rows.findOneBy({ id });
    return row && snapshotOf(row);
  }

  async page({ page, page_size, ...query }: SnapshotQuery): Promise<Page<Snapshot>> {
    const found = newestFirst(this.rows);
    for (const [filter, column] of Object.entries(EQUAL_FILTERS) as [keyof typeof EQUAL_FILTERS, string][]) {
      if (query[filter] !== undefined) found.andWhere(`s.${column} = :${filter}`, { [filter]: query[filter] });
    }
    if (query.from !== undefined) found.andWhere('s.created_at >= :from', { from: instant('from', query.from) });
    if (query.to !== undefined) found.andWhere('s.created_at < :to', { to: instant('to', query.to) });
    if (query.q) found.andWhere("s.search LIKE :q ESCAPE '!'", { q: containing(query.q) });
    const [rows, total] = await found
      .offset((page - 1) * page_size)
      .limit(page_size)
      .getManyAndCount();
    return { items: rows.map(snapshotOf), total, page, page_size };
  }

  /** Many rows take a while to turn into objects: ids first, then the rows piece by piece. */
  async all(filter: SnapshotFilter): Promise<Snapshot[]> {
    const found: Snapshot[] = [];
    await inChunks(await this.ids(filter), async (chunk) => {
      found.push(...(await this.among(chunk, {})));
    });
    return found;
  }

  /** Of those that fit the filter, the one taken last first. */
  async ids(filter: SnapshotFilter): Promise<string[]> {
    const found = newestFirst(this.rows).select('s.id', 'id').where(filter);
    return (await found.getRawMany<{ id: string }>()).map(({ id }) => id);
  }

  /** Those of a few ids that fit the filter, the one taken last first. */
  async among(ids: readonly string[], filter: SnapshotFilter): Promise<Snapshot[]> {
    return snapshotsOf(await this.rows.find({ where: { ...filter, id: In([...ids]) }, order: NEWEST_FIRST }));
  }

  /** What rules go by, the one taken last first. */
  async outlines(): Promise<SnapshotOutline[]> {
    return (await withColumns(newestFirst(this.rows), OUTLINE).getRawMany<OutlineRow>()).map(outlineOf);
  }

  async restorePoints(query: RestorePointQuery, limit?: number): Promise<Snapshot[]> {
    return snapshotsOf(await restorePoints(() => newestFirst(this.rows), query, limit));
  }

  async latest({ plan, source, triggers, to }: LatestQuery): Promise<Snapshot | null> {
    const found = newestFirst(this.rows).where('s.plan = :plan', { plan });
    if (source !== undefined) found.andWhere('s.source = :source', { source });
    if (triggers !== undefined) found.andWhere('s.trigger_type IN (:...triggers)', { triggers });
    if (to !== undefined) found.andWhere('+s.created_at < :to', { to: instant('to', to) }); // the plus keeps the order's index in use
    const row = await found.limit(1).getOne();
    return row && snapshotOf(row);
  }

  async dependents(id: string): Promise<string[]> {
    const builtOn = await this.rows.find({ select: { id: true }, where: { base: id }, order: { id: 'ASC' } });
    const part = await this.rows.findOne({ select: { id: true, part_of: true }, where: { id } });
    const whole = part?.part_of ?? null;
    const needed = whole !== null && (await this.rows.existsBy({ id: whole }));
    return [...(needed ? [whole] : []), ...builtOn.map((row) => row.id)];
  }

  /** Ids of the parts of a full snapshot, in the order of their ids. */
  async partsOf(id: string): Promise<string[]> {
    const rows = await this.rows.find({ select: { id: true }, where: { part_of: id }, order: { id: 'ASC' } });
    return rows.map((row) => row.id);
  }

  /** Ids and creation times of the regular ones. */
  async regular(): Promise<Map<string, string>> {
    const found = this.rows.createQueryBuilder('s').where({ location: 'regular' });
    const rows = await withColumns(found, ['id', 'created_at']).getRawMany<{ id: string; created_at: string }>();
    return new Map(rows.map(({ id, created_at }) => [id, created_at]));
  }

  count(): Promise<number> {
    return this.rows.count();
  }

  async idsIn(archive: string): Promise<string[]> {
    const rows = await this.rows.find({ select: { id: true }, where: { archive } });
    return rows.map(({ id }) => id);
  }

  async add(snapshot: Snapshot): Promise<void> {
    await this.rows.upsert(recordOf(snapshot), ['id']);
  }

  /**
   * Writes what manifests say (and people said of them); when they were verified, and how that went, stays.
   * @param annotations null where nobody knows: then what rows say stays, too
   */
  async describe(found: readonly Snapshot[], annotations: Annotations | null): Promise<void> {
    if (found.length === 0) return;
    const records = found.map((snapshot) =>
      recordOf(annotated(snapshot, annotations?.get(snapshot.id)), snapshot.description),
    );
    const staying = ['id', ...FOUND_OUT, ...(annotations ? [] : SAID)];
    const columns = Object.keys(records[0]!).filter((column) => !staying.includes(column));
    await this.rows
      .createQueryBuilder()
      .insert()
      .values(records)
      .orUpdate(columns, ['id'])
      .updateEntity(false)
      .execute();
  }

  /** Makes the rows say what the annotations say: no pin more, no pin less. */
  async annotate(annotations: Annotations, only?: readonly string[]): Promise<void> {
    const marked = only ?? (await this.markedIds());
    await inChunks([...new Set([...marked, ...(only ? [] : annotations.keys())])], async (ids) => {
      for (const row of await this.rows.findBy({ id: In(ids) })) {
        const asCaptured = { description: row.captured_description, pinned: false, id: row.id, trigger: row.trigger };
        const annotatedRow = annotated(asCaptured, annotations.get(row.id));
        if (annotatedRow.pinned === row.pinned && annotatedRow.description === row.description) continue;
        await this.rows.update(row.id, {
          pinned: annotatedRow.pinned,
          description: annotatedRow.description,
          search: searchText(annotatedRow),
        });
      }
    });
  }

  /** Finds the places of those without a sequence number, once they are all known. */
  async order(): Promise<void> {
    if (!(await this.rows.existsBy({ taken_order: IsNull() }))) return;
    const columns = ['id', 'created_at', 'sequence', 'taken_order'] as const;
    const rows = await withColumns(this.rows.createQueryBuilder('s'), columns).getRawMany<
      Pick<SnapshotRecord, (typeof columns)[number]>
    >();
    const places = placesInOrder(rows);
    const unplaced = rows.filter(({ taken_order }) => taken_order === null);
    await inChunks(unplaced, async (chunk) => {
      await this.rows.query(
        'UPDATE backup_snapshots AS s SET taken_order = place.value FROM json_each(?) AS place WHERE s.id = place.key',
        [JSON.stringify(Object.fromEntries(chunk.map(({ id }) => [id, places.get(id)])))],
      );
    });
  }

  /** 0 where none was counted yet. */
  async highestSequence(): Promise<number> {
    const [highest] = await this.rows.find({
      select: { id: true, sequence: true },
      where: { sequence: Not(IsNull()) },
      order: NEWEST_FIRST, // the place of those that are counted is their number
      take: 1,
    });
    return highest?.sequence ?? 0;
  }

  async moveTo(archive: string, ids: readonly string[]): Promise<number> {
    let moved = 0;
    await inChunks(ids, async (chunk) => {
      moved += (await this.rows.update({ id: In(chunk) }, { location: 'archived', archive })).affected ?? 0;
    });
    return moved;
  }

  async verified(id: string, is_valid: boolean, at: Date): Promise<void> {
    await this.rows.update(id, { is_valid, verified_at: at.toISOString() });
  }

  /** @param location only those that still lie there */
  async remove(ids: readonly string[], location?: SnapshotLocation): Promise<void> {
    await inChunks(ids, async (chunk) => {
      await this.rows.delete({ id: In(chunk), ...(location && { location }) });
    });
  }

  private async markedIds(): Promise<string[]> {
    const rows = await this.rows
      .createQueryBuilder('s')
      .select('s.id', 'id')
      .where("s.pinned = 1 OR COALESCE(s.description, '') <> COALESCE(s.captured_description, '')")
      .getRawMany<{ id: string }>();
    return rows.map(({ id }) => id);
  }
}
