import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../backup/internals.js';
import { snapshotTable } from './snapshots.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const snapshot = (changes: Partial<Snapshot> = {}): Snapshot =>
  ({
    id: 'auto_backup_20260130_120000',
    created_at: '2026-01-30T12:00:00.000Z',
    plan: 'auto',
    source: 'database',
    kind: 'differential',
    trigger: { type: 'scheduled' },
    size_bytes: 123_456_789,
    tables: { users: { rows: 12_345_678, sha256: '' } },
    is_valid: null,
    pinned: false,
    archive: null,
    description: null,
    warnings: [],
    ...changes,
  }) as Snapshot;

describe('the list of snapshots', () => {
  it('fits 80 columns, whatever there is to say, and never loses an id or that one is damaged', () => {
    const long = {
      id: 'event_backup_instructor_123456_20260130_120000',
      plan: 'a-plan-with-a-long-name',
      description: 'd'.repeat(100),
      archive: 'archived_backups_20260130.zip',
      pinned: true,
    };
    const lines = snapshotTable([snapshot(), snapshot(long), snapshot({ is_valid: false })], NOW, 80).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines[2]).toContain(long.id);
    expect(lines[3]).toContain('DAMAGED');
  });
});
