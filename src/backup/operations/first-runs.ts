import { Injectable, Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plansOf } from '../model/backup-config.js';
import { SCHEDULE_FILE } from '../stores/folder.layout.js';
import { asBackupError } from '../model/errors.js';
import type { Plan } from '../model/plan.js';
import { inWords, nextDue, type Rhythm } from '../model/rhythm.js';
import { writeFileAtomically } from '../system/atomic-file.js';
import { Clock } from '../system/clock.js';
import { ConfigStore } from './config.store.js';
import { ResolvedOptions } from './resolved-options.js';

const FORMAT = 'nestjs-backup/schedule';

/** Of a plan that a process with timers has seen. */
export interface FirstRun {
  /** In words: of another rhythm it counts only when it is past. */
  rhythm: string;
  due: Date;
}

/**
 * When the first snapshot of each plan is due, counted from when the plan was first seen, so that a plan whose first time was missed is made up for like
 * every other. Kept in `.schedule.json` in the backup folder; where that cannot be read or written, in memory, and nothing else is held up.
 */
@Injectable()
export class FirstRuns {
  private readonly logger = new Logger('Backup');
  private known = new Map<string, FirstRun>();
  /** Whether the file holds less than is known. */
  private unsaved = false;
  private saves: Promise<void> = Promise.resolve();
  private trouble = '';

  constructor(
    private readonly config: ConfigStore,
    private readonly clock: Clock,
    private readonly options: ResolvedOptions,
  ) {
    config.onChange((now, before) => this.change(plansOf(now), plansOf(before)));
  }

  /** Reads what earlier processes knew, and adds the plans that are new. */
  async load(): Promise<void> {
    this.known = await this.read();
    const plans = plansOf(this.config.get());
    for (const { name, enabled } of plans) if (!enabled) this.forget(name);
    this.watch(plans);
    await this.save();
  }

  /** When the first snapshot of the plan is due; of one that is not in effect, when it would be. */
  dueOf({ name, rhythm }: Plan): Date {
    return firstDue(rhythm, this.known.get(name), this.clock.now());
  }

  /** The same, going by the file: for who looks at the application from outside. Null for a plan that no application has seen. */
  async recordedDueOf({ name, rhythm }: Plan): Promise<Date | null> {
    const first = (await this.read()).get(name);
    return first ? firstDue(rhythm, first, this.clock.now()) : null;
  }

  /** Notes what a clock that was set back has changed, and tries again what could not be written before. */
  keep(): Promise<void> {
    this.watch(plansOf(this.config.get()));
    return this.save();
  }

  private save(): Promise<void> {
    this.saves = this.saves.then(() => this.write());
    return this.saves;
  }

  private change(plans: readonly Plan[], before: readonly Plan[]): void {
    for (const { name } of before) if (!plans.some((plan) => plan.name === name && plan.enabled)) this.forget(name);
    this.watch(plans);
    void this.save();
  }

  private forget(name: string): void {
    if (this.known.delete(name)) this.unsaved = true;
  }

  private watch(plans: readonly Plan[]): void {
    for (const plan of plans) {
      if (!plan.enabled) continue;
      const first = this.known.get(plan.name);
      const due = this.dueOf(plan);
      const rhythm = inWords(plan.rhythm);
      if (first?.rhythm === rhythm && first.due.getTime() === due.getTime()) continue;
      this.known.set(plan.name, { rhythm, due });
      this.unsaved = true;
    }
  }

  private async write(): Promise<void> {
    if (!this.unsaved || !this.options.triggers || this.options.readOnly) return;
    const plans = Object.fromEntries(
      [...this.known].map(([name, { rhythm, due }]) => [name, { rhythm, first_due: due.toISOString() }]),
    );
    this.unsaved = false;
    try {
      await writeFileAtomically(this.path, `${JSON.stringify({ format: FORMAT, version: 1, plans }, null, 2)}\n`);
    } catch (error) {
      this.unsaved = true;
      this.warn(`cannot be written: ${asBackupError(error).message}`);
    }
  }

  private async read(): Promise<Map<string, FirstRun>> {
    try {
      return parse(await readFile(this.path, 'utf8'));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') this.warn(`cannot be used: ${code ?? message}`);
      return new Map();
    }
  }

  private warn(what: string): void {
    if (what !== this.trouble)
      this.logger.warn(
        `${this.path} ${what}. It records since when plans wait for their first snapshot; until it can be written, that is counted from the start of the program.`,
      );
    this.trouble = what;
  }

  private get path(): string {
    return join(this.options.directory, SCHEDULE_FILE);
  }
}

/**
 * A plan with an interval is due at once, one with a schedule at its next time. Another rhythm begins anew, but what is due already stays so; and what lies
 * further ahead than any next time was noted by a clock that was ahead.
 */
export function firstDue(rhythm: Rhythm, first: FirstRun | undefined, now: Date): Date {
  const next = nextDue(rhythm, now);
  const anew = 'cron' in rhythm ? next : now;
  if (!first) return anew;
  if (first.due > next) return next;
  return first.rhythm === inWords(rhythm) || first.due <= now ? first.due : anew;
}

function parse(text: string): Map<string, FirstRun> {
  const { format, version, plans } = JSON.parse(text) as Record<string, unknown>;
  if (format !== FORMAT || version !== 1 || typeof plans !== 'object' || plans === null)
    throw new Error(`it is not "${FORMAT}", version 1`);
  return new Map(
    Object.entries(plans as Record<string, { rhythm?: unknown; first_due?: unknown } | null>).flatMap(
      ([name, since]) => {
        const due = new Date(String(since?.first_due));
        return Number.isNaN(due.getTime()) ? [] : [[name, { rhythm: String(since?.rhythm), due }]];
      },
    ),
  );
}
