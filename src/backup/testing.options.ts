import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IN_MEMORY } from './catalog/catalog.connection.js';
import type { BackupModuleOptions } from './backup.options.js';
import { InMemoryStore } from './stores/memory.store.js';

/** What `BackupModule.forTesting()` chooses where the test does not: snapshots and catalog in memory, the rest in a folder that goes with the application. */
export function testingOptions(): Pick<
  BackupModuleOptions,
  'directory' | 'configFile' | 'catalogUrl' | 'store' | 'triggers'
> {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-testing-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove); // for an application that is never closed
  return {
    directory: join(folder, 'backups'),
    configFile: join(folder, 'backup_config.json'),
    catalogUrl: IN_MEMORY,
    store: new StoreOfTests(() => {
      process.off('exit', remove);
      remove();
    }),
    triggers: false,
  };
}

class StoreOfTests extends InMemoryStore {
  constructor(private readonly onClosed: () => void) {
    super();
  }

  override async close(): Promise<void> {
    await super.close();
    this.onClosed();
  }
}
