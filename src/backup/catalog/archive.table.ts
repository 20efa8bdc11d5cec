import type { EntityManager, Repository } from 'typeorm';
import type { ArchiveFile } from '../stores/found-snapshot.js';
import { dayOfArchive } from '../model/snapshot-id.js';
import { ArchiveRecord, UNREAD } from './archive.record.js';

/** The rows of archives. */
export class ArchiveTable {
  private readonly rows: Repository<ArchiveRecord>;

  constructor(manager: EntityManager) {
    this.rows = manager.getRepository(ArchiveRecord);
  }

  /** Newest first. */
  async all(): Promise<ArchiveRecord[]> {
    return this.rows.find({ order: { date: 'DESC', filename: 'DESC' } });
  }

  /** Says that the snapshot rows stand for this state of the file. */
  async save({ filename, size_bytes, revision }: ArchiveFile): Promise<void> {
    await this.rows.upsert({ filename, size_bytes, revision, date: dayOfArchive(filename) ?? '' }, ['filename']);
  }

  /** Says that they do not, or not yet: the next reconciliation reads the file. */
  async saveUnread(file: ArchiveFile): Promise<void> {
    await this.save({ ...file, revision: UNREAD });
  }

  async remove(filename: string): Promise<void> {
    await this.rows.delete({ filename });
  }
}
