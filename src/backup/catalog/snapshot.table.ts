import { In, IsNull, type EntityManager, type Repository, type SelectQueryBuilder } from 'typeorm';
import { BackupError } from '../model/errors.js';
import { placesInOrder } from '../model/order-of-taking.js';
import type { Snapshot, SnapshotLocation } from '../model/snapshot.js';
import type { TriggerType } from '../model/trigger.js';
import { annotated, type Annotations } from './annotation.store.js';
import type { DayTotals, Page, RestorePointQuery, SnapshotQuery, SnapshotTotals } from './catalog.js';
import { inChunks } from './chunks.js';
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
const NEWEST_FIRST = { taken_order: 'DESC', created_at: 'DESC', id: 'DESC' } as const;
/** What was found out about a snapshot since; a manifest that is read again knows nothing of it. */
const FOUND_OUT = ['verified_at', 'is_valid'];
/** What people said of it. */
const SAID = ['pinned', 'description', 'search'];

/** No verification found it damaged, nor what it builds on, which is there. */
const isSound = (row: string): string => `COALESCE(${row}.is_valid, 1) = 1 AND (${row}.base IS NULL OR EXISTS
  (SELECT 1 FROM backup_snapshots b WHERE b.id = ${row}.base AND COALESCE(b.is_valid, 1) = 1))`;
const hasPart = (condition: string): string =>
  `EXISTS (SELECT 1 FROM backup_snapshots p WHERE p.part_of = s.id AND ${condition})`;
const IS_RESTORE_POINT = `s.trigger_type <> 'safety' AND s.part_of IS NULL`;
const IS_UNDAMAGED = `${isSound('s')} AND NOT ${hasPart(`NOT (${isSound('p')})`)}`;
const IS_WHOLE = `s.partial = 0 AND NOT ${hasPart('p.partial = 1')}`;
const HOLDS_DEFAULT_DATABASE = `${IS_WHOLE} AND ((s.source = 'database' AND s.data_source IS NULL)
  OR (s.source = 'full' AND ${hasPart(`p.source = 'database' AND p.data_source IS NULL`)}))`;

export interface SnapshotFilter {
  location?: SnapshotLocation;
  archive?: string;
}

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
    const found = this.newestFirst();
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
    const found = this.newestFirst().select('s.id', 'id').where(filter);
    return (await found.getRawMany<{ id: string }>()).map(({ id }) => id);
  }

  /** Those of a few ids that fit the filter, the one taken last first. */
  async among(ids: readonly string[], filter: SnapshotFilter): Promise<Snapshot[]> {
    return snapshotsOf(await this.rows.find({ where: { ...filter, id: In([...ids]) }, order: NEWEST_FIRST }));
  }

  async restorePoints({ plan, to, evenDamaged }: RestorePointQuery, limit?: number): Promise<Snapshot[]> {
    const points = () => {
      const found = this.newestFirst().where(IS_RESTORE_POINT).limit(limit);
      if (!evenDamaged) found.andWhere(IS_UNDAMAGED);
      if (to !== undefined) found.andWhere('s.created_at < :to', { to: instant('to', to) });
      return found;
    };
    if (plan !== undefined) return snapshotsOf(await points().andWhere('s.plan = :plan', { plan }).getMany());
    const ofDefault = await points().andWhere(HOLDS_DEFAULT_DATABASE).getMany();
    return snapshotsOf(ofDefault.length > 0 ? ofDefault : await points().andWhere(IS_WHOLE).getMany());
  }

  async newestOf(plan: string, triggers: readonly TriggerType[]): Promise<Snapshot | null> {
    const found = this.newestFirst().where('s.plan = :plan AND s.trigger_type IN (:...triggers)', { plan, triggers });
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

  /** Ids and creation times of the loose ones. */
  async loose(): Promise<Map<string, string>> {
    const rows = await this.rows.find({ select: { id: true, created_at: true }, where: { location: 'regular' } });
    return new Map(rows.map(({ id, created_at }) => [id, created_at]));
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
        const said = annotated(asCaptured, annotations.get(row.id));
        if (said.pinned === row.pinned && said.description === row.description) continue;
        await this.rows.update(row.id, {
          pinned: said.pinned,
          description: said.description,
          search: searchText(said),
        });
      }
    });
  }

  /** Finds the places of those without a sequence number, once they are all known. */
  async order(): Promise<void> {
    if (!(await this.rows.existsBy({ taken_order: IsNull() }))) return;
    const select = { id: true, created_at: true, sequence: true, taken_order: true } as const;
    const rows = await this.rows.find({ select });
    const places = placesInOrder(rows);
    const unplaced = rows.filter((row) => row.taken_order === null);
    await inChunks(unplaced, async (chunk) => {
      for (const { id } of chunk) await this.rows.update(id, { taken_order: places.get(id)! });
    });
  }

  /** 0 where none was counted yet. */
  async highestSequence(): Promise<number> {
    const highest = this.rows.createQueryBuilder('s').select('MAX(s.sequence)', 'highest');
    return Number((await highest.getRawOne<{ highest: number | string | null }>())?.highest ?? 0);
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

  async totals(of: { location: SnapshotLocation } | { plan: string }): Promise<SnapshotTotals> {
    const sums = this.rows.createQueryBuilder('s').select('COUNT(*)', 'count').addSelect('SUM(s.size_bytes)', 'size');
    const row = await sums.where(of).getRawOne<{ count: number; size: number | null }>();
    return { count: Number(row?.count ?? 0), size_bytes: Number(row?.size ?? 0) };
  }

  async span(): Promise<{ latest: string | null; oldest: string | null }> {
    const newest = await this.newestFirst().limit(1).getOne();
    const first = await this.rows
      .createQueryBuilder('s')
      .select('MIN(s.created_at)', 'oldest')
      .getRawOne<{ oldest: string | null }>();
    return { latest: newest?.created_at ?? null, oldest: first?.oldest ?? null };
  }

  async byTrigger(): Promise<Partial<Record<TriggerType, number>>> {
    const rows = await this.rows
      .createQueryBuilder('s')
      .select('s.trigger_type', 'type')
      .addSelect('COUNT(*)', 'count')
      .groupBy('s.trigger_type')
      .getRawMany<{ type: TriggerType; count: number }>();
    return Object.fromEntries(rows.map(({ type, count }) => [type, Number(count)]));
  }

  /** @param since a day, inclusive: `2026-01-30` */
  async byDay(since: string): Promise<DayTotals[]> {
    const rows = await this.rows
      .createQueryBuilder('s')
      .select('SUBSTR(s.created_at, 1, 10)', 'date')
      .addSelect('COUNT(*)', 'count')
      .addSelect('SUM(s.size_bytes)', 'size')
      .where('s.created_at >= :since', { since })
      .groupBy('SUBSTR(s.created_at, 1, 10)')
      .orderBy('SUBSTR(s.created_at, 1, 10)')
      .getRawMany<{ date: string; count: number; size: number }>();
    return rows.map(({ date, count, size }) => ({ date, count: Number(count), size_bytes: Number(size) }));
  }

  private newestFirst(): SelectQueryBuilder<SnapshotRecord> {
    const all = this.rows.createQueryBuilder('s');
    return all.orderBy('s.taken_order', 'DESC').addOrderBy('s.created_at', 'DESC').addOrderBy('s.id', 'DESC');
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

/** A LIKE pattern in which only our own `%` are special. */
const containing = (text: string): string => `%${text.toLowerCase().replaceAll(/[!%_]/g, '!$&')}%`;

function instant(field: string, text: string): string {
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new BackupError(
    'VALIDATION_FAILED',
    `"${field}" must be a time in ISO 8601, for example 2026-01-30T12:00:00Z.`,
  );
}
