import { randomBytes } from 'node:crypto';
import { link, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import type { Manifest } from '../model/manifest.js';
import { isSignedWith, originHmac } from '../model/manifest-origin.js';
import { ensureFolder, fsyncFolder, writeAside } from '../system/atomic-file.js';
import { ResolvedOptions } from './resolved-options.js';

const KEY = /^[0-9a-f]{64}\n?$/;

/**
 * The secret by which this installation recognises snapshots that it took. It lies beside the settings, never in the backup folder: whoever can write there
 * must not be able to sign. Where it is lost, all snapshots are those of a stranger, and can still be restored.
 */
@Injectable()
export class OriginKey {
  private readonly logger = new Logger('Backup');
  private saidWhyNot = false;

  constructor(private readonly options: ResolvedOptions) {}

  /** Beside `backup_config.json` it is `backup_config.key`. */
  get path(): string {
    const { configFile } = this.options;
    return join(dirname(configFile), `${basename(configFile).replace(/\.json$/, '')}.key`);
  }

  /** The manifest with its signature; as it is where there can be no key. */
  async sign<M extends Manifest>(manifest: M): Promise<M> {
    const key = await this.readOrMake();
    return key === null ? manifest : { ...manifest, origin_hmac: originHmac(manifest, key) };
  }

  /** Whether this installation took the snapshot, and nobody changed its manifest since. */
  async recognises(manifest: Manifest): Promise<boolean> {
    const key = await this.read();
    return key !== null && isSignedWith(manifest, key);
  }

  private async readOrMake(): Promise<Buffer | null> {
    const known = await this.read();
    if (known !== null || this.liesInBackupFolder) return known;
    try {
      await ensureFolder(dirname(this.path));
      const aside = await writeAside(this.path, `${randomBytes(32).toString('hex')}\n`);
      try {
        await link(aside, this.path); // which of two processes is first decides for both
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        await rm(aside, { force: true });
      }
      await fsyncFolder(dirname(this.path));
      return await this.read();
    } catch (error) {
      this.sayWhyNot((error as NodeJS.ErrnoException).code ?? String(error));
      return null;
    }
  }

  private async read(): Promise<Buffer | null> {
    if (this.liesInBackupFolder) return null;
    try {
      const text = await readFile(this.path, 'utf8');
      if (KEY.test(text)) return Buffer.from(text.trim(), 'hex');
      this.sayWhyNot('it does not contain a key; delete it, and a new one is created');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.sayWhyNot((error as NodeJS.ErrnoException).code);
    }
    return null;
  }

  private get liesInBackupFolder(): boolean {
    return this.path.startsWith(`${this.options.directory}${sep}`);
  }

  private sayWhyNot(reason = 'unknown'): void {
    if (this.saidWhyNot) return;
    this.saidWhyNot = true;
    this.logger.warn(
      `Snapshots are not signed, because the key ${this.path} cannot be used (${reason}). Restoring anything but plain tables from them will need a confirmation.`,
    );
  }
}
