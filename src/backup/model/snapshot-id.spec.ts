import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackupError } from './errors.js';
import {
  archiveName,
  assertSnapshotId,
  dayOfArchive,
  documentName,
  indexName,
  isArchiveName,
  isSnapshotId,
  manifestName,
  snapshotId,
  timestamp,
  utcDay,
} from './snapshot-id.js';
import { TRIGGER_TYPES, type Trigger } from './trigger.js';

const AT = new Date('2026-01-30T12:05:30.123Z');

describe('names of snapshots', () => {
  it.each<[Trigger, string]>([
    [{ type: 'scheduled' }, 'auto_backup_20260130_120530'],
    [{ type: 'startup' }, 'auto_backup_20260130_120530'],
    [{ type: 'manual' }, 'manual_backup_20260130_120530'],
    [{ type: 'cli' }, 'manual_backup_20260130_120530'],
    [{ type: 'safety' }, 'pre_restore_20260130_120530'],
    [
      {
        type: 'event',
        event: 'role.created',
        subjects: [
          { role: 'student', user_id: 5 },
          { role: 'admin', user_id: 6 },
        ],
      },
      'role_creation_student_5_20260130_120530',
    ],
    [{ type: 'event', event: 'role.created', subjects: [] }, 'auto_backup_20260130_120530'],
    [{ type: 'event', event: 'order.paid', subjects: [{ role: 'x', user_id: 5 }] }, 'event_order_paid_20260130_120530'],
    [{ type: 'event', event: 'userDeleted' }, 'event_userdeleted_20260130_120530'],
    [{ type: 'event', event: 'user.*' }, 'event_user_20260130_120530'],
    [{ type: 'event', event: '**' }, 'event_x_20260130_120530'],
    [{ type: 'event', event: '../../etc/\0' }, 'event_etc_20260130_120530'],
    [{ type: 'event', event: 'заказ' }, 'event_x_20260130_120530'],
  ])('%j → %s', (trigger, id) => {
    expect(snapshotId('auto', trigger, AT)).toBe(id);
  });

  it('makes whatever a host calls its roles and users fit for a file name', () => {
    const named = (role: string, user_id: string | number) =>
      snapshotId('auto', { type: 'event', subjects: [{ role, user_id }] }, AT);
    expect(named('Shop Owner', 'a.b@example.com')).toBe('role_creation_shop_owner_a_b_example_com_20260130_120530');
    expect(named('../../etc', '/\\\0')).toBe('role_creation_etc_x_20260130_120530');
    expect(named('', '')).toBe('role_creation_x_x_20260130_120530');
    expect(named('x', -7)).toBe('role_creation_x_7_20260130_120530');
  });

  it('has room for the longest names, whatever the part', () => {
    const subjects = [{ role: 'r'.repeat(50), user_id: 'u'.repeat(50) }];
    expect(isSnapshotId(`${snapshotId('auto', { type: 'event', subjects }, AT, 'database')}_99999999`)).toBe(true);
    const event = 'x.'.repeat(500);
    expect(isSnapshotId(`${snapshotId('auto', { type: 'event', event }, AT, 'database')}_99999999`)).toBe(true);
    expect(snapshotId('p'.repeat(40), { type: 'scheduled' }, AT)).toContain(`${'p'.repeat(40)}_backup`);
  });

  it('always fits the pattern, with room for the suffix of a second one in the same second', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    const trigger = fc.record({
      type: fc.constantFrom(...TRIGGER_TYPES),
      subjects: fc.array(fc.record({ role: text, user_id: fc.oneof(text, fc.integer()) }), { maxLength: 3 }),
    });
    const at = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(text, trigger, at, fc.constantFrom(undefined, 'database', 'files'), (plan, cause, time, part) => {
        const id = snapshotId(plan, cause, time, part);
        expect(isSnapshotId(id)).toBe(true);
        expect(isSnapshotId(`${id}_99999999`)).toBe(true);
        expect(id.endsWith(timestamp(time))).toBe(true);
      }),
    );
  });

  it('derives the names of its files', () => {
    expect([documentName('a'), manifestName('a'), indexName('a')]).toEqual(['a.json', 'a.meta.json', 'a.index']);
  });
});

describe('ids from outside', () => {
  const HOSTILE = [
    '',
    '.',
    '..',
    '../../etc/passwd',
    'a/b',
    'a\\b',
    'a.json',
    'A',
    '_a',
    '-rf',
    'a\n',
    'a\0',
    'ä',
    '%2e%2e',
    'a b',
    'a'.repeat(122),
  ];

  it.each(HOSTILE)('refuses %j without repeating it', (text) => {
    expect(isSnapshotId(text)).toBe(false);
    expect(() => assertSnapshotId(text)).toThrow(BackupError);
    try {
      assertSnapshotId(text);
    } catch (error) {
      expect((error as BackupError).code).toBe('SNAPSHOT_NOT_FOUND');
      if (text.length > 2) expect((error as BackupError).message).not.toContain(text);
    }
  });

  it.each(['a', '0', 'auto_backup_20260130_120000', 'role_creation_x-y_5_20260130_120530_2', 'a'.repeat(121)])(
    'takes %s',
    (text) => {
      expect(() => assertSnapshotId(text)).not.toThrow();
    },
  );
});

describe('archive names and UTC days', () => {
  it('go back and forth between a day and its archive', () => {
    expect(archiveName('2026-01-15')).toBe('archived_backups_20260115.zip');
    expect(dayOfArchive('archived_backups_20260115.zip')).toBe('2026-01-15');
  });

  it.each([
    'archived_backups_2026011.zip',
    'archived_backups_20260115.zip ',
    'archived_backups_20260115.zip\n',
    '../archived_backups_20260115.zip',
    'archived_backups_20260115.ZIP',
    'backups_20260115.zip',
    '',
  ])('%j is no archive', (name) => {
    expect(isArchiveName(name)).toBe(false);
    expect(dayOfArchive(name)).toBeUndefined();
  });

  it('count in UTC, whatever the machine counts in', () => {
    expect(utcDay(new Date('2026-01-30T23:59:59.999Z'))).toBe('2026-01-30');
    expect(utcDay(new Date('2026-01-31T00:00:00.000Z'))).toBe('2026-01-31');
    expect(utcDay(new Date('2026-01-31T01:00:00.000+02:00'))).toBe('2026-01-30');
    expect(timestamp(new Date('2026-01-31T01:00:00.000+02:00'))).toBe('20260130_230000');
  });
});
