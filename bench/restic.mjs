import { join } from 'node:path';
import { peers } from './machine.mjs';
import { run, sizeOfFolder } from './measure.mjs';

/** A repository of restic's, as it makes one by default. */
export class Restic {
  #home;

  constructor(home) {
    this.#home = home;
  }

  /** Null where restic is not installed. */
  static async create(home) {
    if (!peers.restic) return null;
    const restic = new Restic(home);
    await restic.#run('init');
    return restic;
  }

  get #repository() {
    return join(this.#home, 'repository');
  }

  backup(file) {
    return this.#run('backup', file);
  }

  /** Only what every command begins with: the key is derived from the password, which is made to take half a second. */
  open() {
    return this.#run('cat', 'config');
  }

  /** Bytes of all its files, the cache apart. */
  size() {
    return sizeOfFolder(this.#repository);
  }

  #run(...args) {
    const env = {
      ...process.env,
      RESTIC_PASSWORD: 'it wants one where nobody needs it',
      RESTIC_CACHE_DIR: join(this.#home, 'cache'),
    };
    return run('restic', ['-q', '-r', this.#repository, ...args], { env });
  }
}
