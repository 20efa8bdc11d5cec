import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BackupModuleOptions } from '../../src/backup/index.js';
import type { Job } from '../../src/backup/model/job.js';
import type { Snapshot } from '../../src/backup/model/snapshot.js';
import type { LeaseTimes } from '../../src/backup/system/lease.js';
import { eventually } from './eventually.js';

interface Told {
  at: string;
  pid?: number;
}

/** The library in a process of its own, on a folder that holds `data/`, `backups/` and `backup_config.json` and may be shared. */
export class BackupProcess {
  private readonly asked = new Map<number, { resolve: (answer: never) => void; reject: (error: unknown) => void }>();
  private event: Told[] = [];
  private asks = 0;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (message: Told & { ask?: number; answer?: unknown; error?: object }) => {
      if (message.ask === undefined) return void this.event.push(message);
      const { resolve, reject } = this.asked.get(message.ask)!;
      if (message.error) reject(message.error);
      else resolve(message.answer as never);
    });
    child.once('exit', () => this.asked.forEach(({ reject }) => reject({ code: 'GONE' })));
  }

  static async start(
    folder: string,
    times: Partial<LeaseTimes> = {},
    options: Partial<BackupModuleOptions> = {},
  ): Promise<BackupProcess> {
    const entry = join(import.meta.dirname, 'backup-process.mjs');
    const started = new BackupProcess(
      fork(entry, [JSON.stringify({ folder, times, options })], { serialization: 'advanced' }),
    );
    await started.hasTold('started');
    return started;
  }

  get pid(): number {
    return this.child.pid!;
  }

  capture = (asked: object = {}) => this.ask<Job>('capture', asked);
  restore = (id: string) => this.ask<Job>('restore', id);
  cleanup = () => this.ask('cleanup');
  remove = (id: string) => this.ask('remove', id);
  verify = (id: string) => this.ask<{ is_valid: boolean; message: string }>('verify', id);
  list = () => this.ask<Snapshot[]>('list');
  jobs = () => this.ask<Job[]>('jobs');
  pin = (id: string) => this.ask<Snapshot>('pin', id);
  settings = (changes?: object) => this.ask<Record<string, unknown>>('settings', changes);

  /** Where captures and restores wait until they are told to go on. */
  pauseAt = (at: 'captured' | 'restoring' | null) => this.ask('pauseAt', at);
  goOn = () => this.ask('goOn');

  /** Waits until it has come there since it was last asked. */
  async hasTold(at: string): Promise<Told> {
    const found = await eventually(() => {
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error('The process has ended.');
      return this.event.find((event) => event.at === at);
    });
    this.event = this.event.filter((event) => event !== found);
    return found;
  }

  stop = () => process.kill(this.pid, 'SIGSTOP');
  continue = () => process.kill(this.pid, 'SIGCONT');

  /** `kill -9` */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async close(): Promise<void> {
    await this.ask('close');
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }

  private ask<T>(task: string, payload?: unknown): Promise<T> {
    const ask = ++this.asks;
    return new Promise<T>((resolve, reject) => {
      this.asked.set(ask, { resolve, reject });
      this.child.send({ task, payload, ask });
    });
  }
}
