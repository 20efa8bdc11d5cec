/** What caused a snapshot. */
export const TRIGGER_TYPES = ['scheduled', 'manual', 'event', 'safety', 'startup', 'cli'] as const;
export type TriggerType = (typeof TRIGGER_TYPES)[number];

/** Whom or what an event snapshot was taken for: an account, its role, or what the host calls so. */
export interface Subject {
  role: string;
  user_id: number | string;
  /** What people call them, for the description of the snapshot. */
  label?: string;
}

/** As it stands in a manifest: `{"type":"event","event":"role.created","subjects":[{"role":"student","user_id":5}]}`. */
export interface Trigger {
  type: TriggerType;
  /** As the host listens to it: of a pattern, such as `order.*`, the pattern. */
  event?: string;
  subjects?: Subject[];
}

/** Whether somebody asked for the snapshot, now, rather than a timer, an event or a restore. */
export const isByPerson = ({ type }: Trigger): boolean => type === 'manual' || type === 'cli';
