import { Injectable, Logger } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { Catalog } from '../catalog/catalog.js';
import { Workspace } from '../stores/workspace.js';
import { BackupConfig, faultsOfNames, parseBackupConfig } from '../model/backup-config.js';
import { asBackupError, BackupError } from '../model/errors.js';
import { Clock } from '../system/clock.js';
import { SettingsFile } from '../system/settings-file.js';
import { assertConfirmed, consequencesOf, inWords, type ConfigConsequences } from './config-consequences.js';
import { planLimits } from './plan-limits.js';
import { ResolvedOptions } from './resolved-options.js';

type ConfigListener = (config: BackupConfig, before: BackupConfig) => void;

/** The settings in `backup_config.json`: changed while the application runs, by it or by another process. */
@Injectable()
export class ConfigStore {
  private readonly logger = new Logger('Backup');
  private readonly listeners = new Set<ConfigListener>();
  private config = new BackupConfig();
  /** The file that is in effect, or was found to be wrong; null for none. */
  private known: string | null = null;
  private updates: Promise<unknown> = Promise.resolve();
  private readonly file: SettingsFile;
  private trouble: BackupError | null = null;

  constructor(
    private readonly options: ResolvedOptions,
    private readonly workspace: Workspace,
    private readonly catalog: Catalog,
    private readonly clock: Clock,
  ) {
    this.file = new SettingsFile(options.configFile);
  }

  /** What is in effect now. */
  get(): BackupConfig {
    return Object.assign(new BackupConfig(), this.config);
  }

  /** Why the file cannot be used, naming file, field and allowed range; the last settings that could be, or the defaults, are in effect. Null when it can. */
  get problem(): string | null {
    return this.trouble?.message ?? null;
  }

  /**
   * Reads the file; a missing one means the defaults, and so does one that cannot be used: then {@link problem} says why. Removes what a change that was cut short
   * left beside it.
   */
  async load(): Promise<void> {
    await this.file.sweep();
    this.known = await this.file.state();
    let found: BackupConfig | undefined;
    try {
      found = await this.read();
      this.trouble = null;
    } catch (error) {
      this.trouble = asBackupError(error);
      this.logger.error(
        `${this.trouble.message} Until then the defaults apply, and the retention rules delete nothing.`,
      );
    }
    this.config = this.fitting(found ?? this.config);
  }

  /**
   * Whether the databases and folders that the plans name are there and allowed. Who takes backups by itself must not start without; whoever only looks at
   * what there is, or restores it, goes on with a warning.
   */
  private fitting(config: BackupConfig): BackupConfig {
    const errors = faultsOfNames(config, planLimits(this.options));
    if (errors.length === 0) return config;
    const faults = errors.map(({ field, message }) => `"${field}" ${message}`).join('; ');
    const message = `The settings in ${this.options.configFile} use something that this program does not have: ${faults}.`;
    if (this.options.triggers) throw new BackupError('CONFIG_INVALID', message, { errors });
    this.logger.warn(`${message} Everything else works.`);
    return config;
  }

  /**
   * Changes the fields given; they are in effect once they are safely on disk, and not before. What other processes changed stays changed.
   * @param confirmedDeletions how many snapshots the next clean-up may delete because of the changes, as {@link consequences} says it
   * @throws BackupError `CONFIG_INVALID` naming each bad field, `DELETIONS_NOT_CONFIRMED` with `cleanup`, `INDEXING` while that is not known; then nothing has changed
   */
  update(changes: unknown, confirmedDeletions?: number): Promise<BackupConfig> {
    return this.inTurn(async () => {
      const config = await this.workspace.exclusively(() => this.write(changes, confirmedDeletions));
      this.adopt(config, 'Settings changed');
      return this.get();
    });
  }

  /** Adopts what another process, or a person, wrote into the file. Of a file that cannot be used, or is gone, nothing comes but a line in the log. */
  refresh(): Promise<void> {
    return this.inTurn(async () => {
      const state = await this.file.state();
      if (state === null || (state === this.known && this.trouble === null)) return;
      this.known = state;
      try {
        const before = this.config;
        const found = (await this.read()) ?? before;
        this.trouble = null;
        if (isDeepStrictEqual(found, before)) return; // some file systems give a file another number each time
        this.adopt(this.fitting(found), 'Settings changed by another process');
        if (this.catalog.indexing()) return; // what the next clean-up deletes is said once it is known
        const { deleted, ...more } = await this.consequencesOf(before, found);
        if (deleted > 0)
          this.logger.warn(
            `Because of them the next clean-up deletes ${inWords({ deleted, ...more })} unless the settings are changed back first.`,
          );
      } catch (error) {
        const trouble = asBackupError(error);
        if (trouble.message !== this.problem)
          this.logger.error(
            `${trouble.message} Until then the previous settings apply, and the retention rules delete nothing.`,
          );
        this.trouble = trouble;
      }
    });
  }

  /**
   * What the settings would be, without changing them.
   * @throws BackupError `CONFIG_INVALID` naming each bad field
   */
  preview(changes: unknown): BackupConfig {
    return parseBackupConfig(changes, this.config, planLimits(this.options));
  }

  /** What the next clean-up would do because of these changes. @throws BackupError `CONFIG_INVALID`, `INDEXING` */
  consequences(changes: unknown): Promise<ConfigConsequences> {
    return this.consequencesOf(this.config, this.preview(changes));
  }

  private async consequencesOf(before: BackupConfig, after: BackupConfig): Promise<ConfigConsequences> {
    return consequencesOf(await this.catalog.outlines(), before, after, this.clock.now());
  }

  /** Calls the listener after each change. @returns how to stop that */
  onChange(listener: ConfigListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.updates.then(step);
    this.updates = done.catch(() => undefined); // the next change does not depend on this one
    return done;
  }

  private async write(changes: unknown, confirmedDeletions: number | undefined): Promise<BackupConfig> {
    const before = (await this.read()) ?? this.config;
    const config = parseBackupConfig(changes, before, planLimits(this.options));
    assertConfirmed(await this.consequencesOf(before, config), confirmedDeletions);
    await this.file.replace(`${JSON.stringify(config, null, 2)}\n`);
    this.known = await this.file.state();
    return config;
  }

  private adopt(config: BackupConfig, how: string): void {
    const before = this.config;
    this.config = config;
    this.logger.log(`${how}: ${JSON.stringify(config)}`);
    for (const listener of this.listeners) listener(this.get(), before);
  }

  /** Undefined when there is none. */
  private async read(): Promise<BackupConfig | undefined> {
    const text = await this.file.read();
    if (text === undefined) return undefined;
    try {
      return parseBackupConfig(JSON.parse(text));
    } catch (error) {
      const reason = error instanceof BackupError ? error.message : `It is not JSON: ${(error as Error).message}.`;
      const details = error instanceof BackupError ? error.details : {};
      throw new BackupError(
        'CONFIG_INVALID',
        `The settings file ${this.options.configFile} is invalid. ${reason} Correct it.`,
        details,
      );
    }
  }
}
