import { Injectable } from '@nestjs/common';
import { plansOf } from '../model/backup-config.js';
import { BackupError } from '../model/errors.js';
import type { Manifest } from '../model/manifest.js';
import {
  AUTO_PLAN,
  DEFAULT_DATABASE,
  planOf,
  type DatabaseEngine,
  type Plan,
  type PlanSettings,
} from '../model/plan.js';
import { holds } from '../model/sources.js';
import { ConfigStore } from './config.store.js';

/** The plans in effect. */
@Injectable()
export class Plans {
  constructor(private readonly config: ConfigStore) {}

  all(): Plan[] {
    return plansOf(this.config.get());
  }

  find(name: string): Plan | undefined {
    return this.all().find((plan) => plan.name === name);
  }

  /** @throws BackupError `PLAN_NOT_FOUND` */
  get(name: string): Plan {
    const plan = this.find(name);
    if (plan) return plan;
    const known = this.all().map((other) => other.name);
    throw new BackupError('PLAN_NOT_FOUND', `There is no plan "${name}". Known plans: ${known.join(', ')}.`);
  }

  /** The one that runs where nobody names one: `auto`, else the first. */
  main(): Plan {
    const plans = this.all();
    return plans.find(({ name }) => name === AUTO_PLAN) ?? plans[0]!;
  }

  /**
   * All of what a restore is about to replace, in the form of the snapshots that replace it: what undoes a restore must fit the same schema.
   * @param manifests of the snapshots to be restored, one for each source
   */
  forSafety(manifests: readonly Manifest[]): Plan {
    const database = manifests.find((manifest) => manifest.source === 'database');
    const files = manifests.find((manifest) => manifest.source === 'files');
    const name = (database ?? files)?.plan ?? AUTO_PLAN;
    const known = this.find(name);
    const settings: PlanSettings = {
      name,
      source: database && files ? 'full' : files ? 'files' : 'database',
      ...(database && {
        engine: database.engine as DatabaseEngine,
        database: database.data_source ?? DEFAULT_DATABASE,
      }),
      ...(files && { paths: files.paths, include: files.include ?? [], exclude: files.exclude ?? [] }),
      ...(known && { compression: { level: known.level, files: known.compression } }),
    };
    return planOf(settings, this.config.get());
  }

  /** The one that keeps new accounts: the main one where it captures a database, else the first that does. */
  forEvents(): Plan {
    const main = this.main();
    if (holds(main.source, 'database')) return main;
    const plan = this.all().find(({ source }) => holds(source, 'database'));
    if (plan) return plan;
    throw new BackupError(
      'PLAN_NOT_FOUND',
      'No plan captures a database, so no snapshot was taken. Add one to "plans" in the settings.',
    );
  }
}
