// The other end of backup-process.ts: a process of its own with the built library, on a folder that it may share.
import 'reflect-metadata';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BackupModule } from '../../dist/backup/index.js';
import {
  CaptureOperation,
  Catalog,
  CleanupOperation,
  ConfigStore,
  JobQueue,
  RemoveOperation,
  RestoreOperation,
  VerifyOperation,
} from '../../dist/backup/internals.js';
import { JsonEngine } from '../../dist/backup/engines/json/json.engine.js';
import { SystemClock } from '../../dist/backup/system/clock.js';
import { Lease } from '../../dist/backup/system/lease.js';

const { folder, times, options } = JSON.parse(process.argv[2]);

class Backups {}
Module({
  imports: [
    BackupModule.forRoot({
      database: { url: `sqlite:${join(folder, 'data', 'app.sqlite')}`, busyTimeoutMs: 60_000 },
      directory: join(folder, 'backups'),
      configFile: join(folder, 'backup_config.json'),
      triggers: false,
      ...options,
    }),
  ],
})(Backups);

const module = await Test.createTestingModule({ imports: [Backups] })
  .overrideProvider(Lease)
  .useValue(new Lease(join(folder, 'backups'), new SystemClock(), times))
  .compile();
const app = module.createNestApplication({ logger: false });
await app.init();

const get = (token) => app.get(token, { strict: false });
const waiting = [];

/** Says that it is there, and waits until it may go on. */
async function pause(at) {
  process.send({ at });
  await new Promise((resolve) => waiting.push(resolve));
}

const engine = get(JsonEngine);
const { capture, restore } = engine;
let pauseAt = null;
engine.capture = async (...args) => {
  const captured = await capture.apply(engine, args);
  if (pauseAt === 'captured') await pause('captured');
  return captured;
};
engine.restore = async (...args) => {
  if (pauseAt === 'restoring') await pause('restoring');
  const [request, run] = args;
  const onStart = (pid) => {
    run.onStart?.(pid);
    process.send({ at: 'restore started', pid });
  };
  return restore.call(engine, request, { ...run, onStart });
};

const finished = async (job) => get(JobQueue).whenFinished(job.id);
const tasks = {
  pauseAt: (at) => void (pauseAt = at),
  goOn: () => waiting.splice(0).forEach((resolve) => resolve()),
  capture: async (asked) => finished(await get(CaptureOperation).request({ trigger: { type: 'manual' }, ...asked })),
  restore: async (id) =>
    finished(await get(RestoreOperation).request(id, { confirm: id, skipSafetySnapshot: true }, null)),
  cleanup: async () => get(CleanupOperation).run(null),
  remove: async (id) => get(RemoveOperation).remove(id, null),
  verify: async (id) => get(VerifyOperation).verify(id, null),
  list: async () => get(Catalog).all(),
  jobs: async () => (await get(JobQueue).page({ page: 1, page_size: 200 })).items,
  pin: async (id) => get(Catalog).annotate(id, { pinned: true }),
  settings: async (changes) => (changes ? get(ConfigStore).update(changes) : get(ConfigStore).get()),
  close: async () => app.close(),
};

process.on('message', async ({ task, payload, ask }) => {
  try {
    process.send({ ask, answer: (await tasks[task](payload)) ?? null });
  } catch (error) {
    process.send({ ask, error: { code: error.code ?? 'ERROR', message: error.message } });
  }
  if (task === 'close') process.disconnect();
});
process.send({ at: 'started' });
