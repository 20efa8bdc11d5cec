import { Injectable, Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BackupConfig, parseBackupConfig } from '../model/backup-config.js';
import { BackupError } from '../model/errors.js';
import { ensureFolder, removeAbandoned, writeFileAtomically } from '../system/atomic-file.js';
import { planLimits } from './plan-limits.js';
import { ResolvedOptions } from './resolved-options.js';

type ConfigListener = (config: BackupConfig, before: BackupConfig) => void;

/** The settings in `backup_config.json`: read once, changed while the application runs. */
@Injectable()
export class ConfigStore {
  private readonly logger = new Logger('Backup');
  private readonly listeners = new Set<ConfigListener>();
  private config = new BackupConfig();
  private updates: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ResolvedOptions) {}

  /** What is in effect now. */
  get(): BackupConfig {
    return Object.assign(new BackupConfig(), this.config);
  }

  /**
   * Reads the file; a missing one means the defaults. Removes what a change that was cut short left beside it.
   * @throws BackupError `CONFIG_INVALID` naming file, field and allowed range
   */
  async load(): Promise<void> {
    await removeAbandoned(this.options.configFile);
    const text = await this.readText();
    if (text === undefined) return;
    try {
      this.config = parseBackupConfig(JSON.parse(text), new BackupConfig(), planLimits(this.options));
    } catch (error) {
      const reason = error instanceof BackupError ? error.message : `It is not JSON: ${(error as Error).message}.`;
      const details = error instanceof BackupError ? error.details : {};
      throw new BackupError(
        'CONFIG_INVALID',
        `${this.options.configFile} cannot be used. ${reason} Correct it, or delete it for the defaults.`,
        details,
      );
    }
  }

  /**
   * Changes the fields given; they are in effect once they are safely on disk, and not before.
   * @throws BackupError `CONFIG_INVALID` naming each bad field; then nothing has changed
   */
  update(changes: unknown): Promise<BackupConfig> {
    const updated = this.updates.then(() => this.apply(changes));
    this.updates = updated.catch(() => undefined); // the next change does not depend on this one
    return updated;
  }

  /**
   * What the settings would be, without changing them.
   * @throws BackupError `CONFIG_INVALID` naming each bad field
   */
  preview(changes: unknown): BackupConfig {
    return parseBackupConfig(changes, this.config, planLimits(this.options));
  }

  /** Calls the listener after each change. @returns how to stop that */
  onChange(listener: ConfigListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async apply(changes: unknown): Promise<BackupConfig> {
    const config = this.preview(changes);
    await ensureFolder(dirname(this.options.configFile));
    await writeFileAtomically(this.options.configFile, `${JSON.stringify(config, null, 2)}\n`);
    const before = this.config;
    this.config = config;
    this.logger.log(`Settings changed: ${JSON.stringify(config)}`);
    for (const listener of this.listeners) listener(this.get(), before);
    return this.get();
  }

  private async readText(): Promise<string | undefined> {
    try {
      return await readFile(this.options.configFile, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new BackupError(
        'CONFIG_INVALID',
        `${this.options.configFile} cannot be read: ${(error as Error).message}.`,
      );
    }
  }
}
