import { Injectable } from '@nestjs/common';
import { BackupError } from '../model/errors.js';
import type { Job } from '../model/job.js';
import { isByPerson, type Subject, type Trigger } from '../model/trigger.js';
import { sourcesOf } from './captured-sources.js';
import { JobQueue } from './job.queue.js';
import { Plans } from './plans.js';
import { SnapshotCapturer } from './snapshot-capturer.js';

export interface CaptureAsked {
  trigger: Trigger;
  /** @default the plan that captures the database, for events; else `auto`, or the first plan */
  plan?: string;
  kind?: 'full';
  description?: string | null;
  requestedBy?: string | null;
  /** Asked when it is the capture's turn: whether another process has taken that snapshot meanwhile. */
  isTakenElsewhere?: () => Promise<boolean>;
}

/** How many captures of one plan that people asked for may wait. */
const MOST_WAITING = 10;

/** Enqueues captures: by a plan, now. */
@Injectable()
export class CaptureOperation {
  constructor(
    private readonly queue: JobQueue,
    private readonly plans: Plans,
    private readonly capturer: SnapshotCapturer,
  ) {}

  /**
   * Enqueues a capture. Events that pile up join the event capture that still waits, and a tick is skipped while an earlier one of its plan is at work;
   * the job that serves them is returned.
   * @throws BackupError `PLAN_NOT_FOUND`; `TOO_MANY_JOBS` where a person asks and ten such captures of the plan wait already
   */
  async request(asked: CaptureAsked): Promise<Job> {
    const { trigger, kind, description = null, requestedBy = null } = asked;
    const plan = this.planOf(asked);
    const serving = this.jobServing(trigger, plan.name);
    if (serving && trigger.type === 'event') return this.queue.retrigger(serving.id, joined(serving.trigger!, trigger));
    if (serving) return serving;
    if (isByPerson(trigger)) this.assertRoom(plan.name);
    return this.queue.submit({
      type: 'capture',
      lane: 'source',
      sources: sourcesOf(plan),
      needsIndex: true,
      plan: plan.name,
      trigger,
      requestedBy,
      run: async (context) => {
        if (await asked.isTakenElsewhere?.()) throw takenElsewhere();
        const cause = context.job.trigger ?? trigger; // others may have joined meanwhile
        const capture = { job: context, plan, kind, description: description ?? namesOf(cause), trigger: cause };
        const snapshot = await this.capturer.capture({ ...capture, progress: [0, 1] });
        context.setSnapshot(snapshot.id);
        return { size_bytes: snapshot.size_bytes, duration_ms: snapshot.duration_ms };
      },
    });
  }

  /** @throws BackupError `TOO_MANY_JOBS` where one more capture that a person asks for would be refused */
  assertRoom(plan: string): void {
    const waiting = this.queue
      .unfinished('capture')
      .filter((job) => job.plan === plan && job.status === 'pending' && job.trigger && isByPerson(job.trigger));
    if (waiting.length < MOST_WAITING) return;
    throw new BackupError(
      'TOO_MANY_JOBS',
      `${waiting.length} requested snapshots of plan ${plan} are waiting already. Wait until they are taken, or cancel some.`,
    );
  }

  private planOf({ plan, trigger }: CaptureAsked) {
    if (plan !== undefined) return this.plans.get(plan);
    return trigger.type === 'event' ? this.plans.forEvents() : this.plans.main();
  }

  private jobServing(trigger: Trigger, plan: string): Job | undefined {
    const captures = this.queue.unfinished('capture').filter((job) => job.plan === plan);
    if (trigger.type === 'event') {
      return captures.find(
        (job) => job.status === 'pending' && job.trigger?.type === 'event' && job.trigger.event === trigger.event,
      );
    }
    return isTimed(trigger) ? captures.find((job) => job.trigger !== null && isTimed(job.trigger)) : undefined;
  }
}

const takenElsewhere = (): BackupError =>
  new BackupError('CANCELLED', 'Another process that shares the backup folder has just taken this snapshot.');

/** As long as a person may make it. */
const LONGEST_DESCRIPTION = 500;

/** Whose accounts an event snapshot was taken for, so that a search for a name finds it; null where the events named nobody. */
function namesOf({ subjects = [] }: Trigger): string | null {
  const names = subjects.flatMap(({ role, label }) => (label === undefined ? [] : [`${label} (${role})`]));
  const text = names.join(', ');
  if (text.length <= LONGEST_DESCRIPTION) return text || null;
  return `${text.slice(0, LONGEST_DESCRIPTION - 2)} …`;
}

const isTimed = ({ type }: Trigger): boolean => type === 'scheduled' || type === 'startup';

function joined(waiting: Trigger, further: Trigger): Trigger {
  const subjects = new Map<string, Subject>();
  for (const subject of [...(waiting.subjects ?? []), ...(further.subjects ?? [])]) {
    subjects.set(JSON.stringify([subject.role, subject.user_id]), subject);
  }
  return { ...waiting, ...(subjects.size > 0 && { subjects: [...subjects.values()] }) };
}
