/** For the tests of applications, as `nestjs-backup/testing`; `BackupModule.forTesting()` is in `nestjs-backup`. */
export { Clock } from './system/clock.js';
export { InMemoryStore } from './stores/memory.store.js';
export { ManualClock } from './system/manual-clock.js';
