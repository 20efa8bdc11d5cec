import { Injectable } from '@nestjs/common';
import { Catalog } from '../catalog/catalog.js';
import type { CapturedDocument } from '../engines/snapshot.engine.js';
import { withoutCounters } from '../model/counters.js';
import { lostRows } from '../model/lost-rows.js';
import { DEFAULT_DATABASE, type Plan } from '../model/plan.js';
import type { Snapshot } from '../model/snapshot.js';
import type { SnapshotWarning } from '../model/snapshot-warning.js';
import type { Taking } from './snapshot-publisher.js';
import { ofDatabase, StoredSnapshots } from './stored-snapshots.js';

const PAGE = 50;

/** Compares a captured database with the last snapshot of its plan that was as it should be. */
@Injectable()
export class RowLosses {
  constructor(
    private readonly catalog: Catalog,
    private readonly snapshots: StoredSnapshots,
  ) {}

  /**
   * What is to be said of the capture; nothing where the plan has no earlier snapshot of the same database. The warning stays until the rows are back, all
   * snapshots that hold them are deleted, or a person who has read it asks for a snapshot.
   */
  async of({ plan, trigger }: Taking, { database, tables }: CapturedDocument): Promise<SnapshotWarning[]> {
    const { last, before } = await this.earlier(plan);
    if (!before || (trigger.type === 'manual' && last !== before)) return [];
    if (!(await this.isOfSameDatabase(before, plan))) return [];
    const warning = lostRows(before, withoutCounters(database.type, tables), plan.tables);
    return warning ? [warning] : [];
  }

  /** The last snapshot of the plan, and the last one that had not lost its rows. */
  private async earlier(plan: Plan): Promise<{ last?: Snapshot; before?: Snapshot }> {
    let last: Snapshot | undefined;
    for (let page = 1; ; page++) {
      const { items } = await this.catalog.page({ plan: plan.name, source: 'database', page, page_size: PAGE });
      last ??= items[0];
      const before = items.find((snapshot) => !hasLostRows(snapshot));
      if (before || items.length < PAGE) return { ...(last && { last }), ...(before && { before }) };
    }
  }

  private async isOfSameDatabase(before: Snapshot, plan: Plan): Promise<boolean> {
    try {
      const { manifest } = ofDatabase(await this.snapshots.locate(before));
      return (manifest.data_source ?? DEFAULT_DATABASE) === plan.database;
    } catch {
      return true; // its manifest cannot be read, and health says so
    }
  }
}

const hasLostRows = ({ warnings }: Snapshot): boolean => warnings.some(({ code }) => code === 'lost_rows');
