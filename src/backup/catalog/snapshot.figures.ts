import type { EntityManager, Repository } from 'typeorm';
import type { SnapshotLocation } from '../model/snapshot.js';
import type { TriggerType } from '../model/trigger.js';
import type { DayTotals, SnapshotTotals } from './catalog.js';
import { newestFirst } from './snapshot.queries.js';
import { SnapshotRecord } from './snapshot.record.js';

/** What can be counted of the rows of snapshots. */
export class SnapshotFigures {
  private readonly rows: Repository<SnapshotRecord>;

  constructor(manager: EntityManager) {
    this.rows = manager.getRepository(SnapshotRecord);
  }

  async totals(filter: { location: SnapshotLocation } | { plan: string }): Promise<SnapshotTotals> {
    const sums = this.rows.createQueryBuilder('s').select('COUNT(*)', 'count').addSelect('SUM(s.size_bytes)', 'size');
    const row = await sums.where(filter).getRawOne<{ count: number; size: number | null }>();
    return { count: Number(row?.count ?? 0), size_bytes: Number(row?.size ?? 0) };
  }

  async span(): Promise<{ latest: string | null; oldest: string | null }> {
    const newest = await newestFirst(this.rows).limit(1).getOne();
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
}
