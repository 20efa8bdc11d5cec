import { Injectable } from '@nestjs/common';
import { Catalog, type CatalogStats } from '../catalog/catalog.js';
import { SnapshotRepository } from '../stores/snapshot.repository.js';
import { UNKNOWN_SPACE, type DiskSpace } from '../system/disk-space.js';
import { ConfigStore } from './config.store.js';

/** The wire shape of `GET /admin/database/backups/stats`. */
export interface BackupStats extends CatalogStats {
  total_backups: number;
  total_size_bytes: number;
  retention_days: number;
  disk: DiskSpace;
}

/** How many snapshots there are, how much they take up, and how much room is left. */
@Injectable()
export class StatsQuery {
  constructor(
    private readonly catalog: Catalog,
    private readonly repository: SnapshotRepository,
    private readonly config: ConfigStore,
  ) {}

  async stats(): Promise<BackupStats> {
    const [stats, disk] = await Promise.all([this.catalog.stats(), this.diskSpace()]);
    return {
      total_backups: stats.regular.count + stats.archived.count,
      total_size_bytes: stats.regular.size_bytes + stats.archived.size_bytes,
      ...stats,
      retention_days: this.config.get().retention_days,
      disk,
    };
  }

  /** A folder that is gone for now does not keep anybody from what the catalog knows. */
  private diskSpace(): Promise<DiskSpace> {
    return this.repository.diskSpace().catch(() => UNKNOWN_SPACE);
  }
}
