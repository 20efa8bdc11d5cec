import { describe, expect, it, vi } from 'vitest';
import type { Snapshot, Trigger } from '../api/types.js';
import { en } from '../texts/en.js';
import { causeOf, titleOf } from './snapshot-words.js';

vi.stubGlobal('navigator', { languages: ['en'] });

const titled = (trigger: Trigger, description: string | null = null) =>
  titleOf({ trigger, description } as unknown as Snapshot);
const subjects = [{ role: 'student', user_id: 5 }];

describe('what a snapshot is called', () => {
  it('is what somebody wrote, or what caused it, and for whom', () => {
    expect(titled({ type: 'scheduled' }, 'Before the exam')).toBe('Before the exam');
    expect(titled({ type: 'scheduled' })).toBe(en.snapshots.titles.scheduled);
    expect(titled({ type: 'event', event: 'role.created', subjects })).toBe('New account or role: student 5');
    expect(titled({ type: 'event', event: 'order.paid', subjects })).toBe('After order.paid: student 5');
    expect(titled({ type: 'event', event: 'order.*' })).toBe('After order.*');
  });

  it('says of its cause, beside a description, no more than that', () => {
    expect(causeOf({ type: 'scheduled' }, en.snapshots.triggers)).toBe('Scheduled');
    expect(causeOf({ type: 'event', event: 'role.created', subjects }, en.snapshots.triggers)).toBe(
      'New account or role',
    );
    expect(causeOf({ type: 'event', event: 'order.paid', subjects }, en.snapshots.triggers)).toBe('After order.paid');
  });
});
