import type { SnapshotOutline } from '../model/snapshot.js';
import type { TriggerType } from '../model/trigger.js';

/** The columns of an outline; those of a row that a scan need not read on for. */
export const OUTLINE = [
  'id',
  'created_at',
  'sequence',
  'location',
  'archive',
  'plan',
  'trigger_type',
  'base',
  'size_bytes',
  'pinned',
  'is_valid',
  'part_of',
  'source',
] as const;

/** As the database gives them. */
export type OutlineRow = Omit<SnapshotOutline, 'trigger' | 'pinned' | 'is_valid'> & {
  trigger_type: TriggerType;
  pinned: number;
  is_valid: number | null;
};

export function outlineOf({ trigger_type, pinned, is_valid, ...row }: OutlineRow): SnapshotOutline {
  return {
    ...row,
    trigger: { type: trigger_type },
    pinned: pinned !== 0,
    is_valid: is_valid === null ? null : is_valid !== 0,
  };
}
