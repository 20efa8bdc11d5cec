import { serveOneTask } from '../system/child-task-server.js';

// Each task loads only what it needs: the child lives for one task, and what it does not load it does not wait for.
const [preload] = process.argv.slice(2);

serveOneTask(
  {
    capture: async () => (await import('./json/capture.task.js')).captureTask,
    restore: async () => (await import('./json/restore.task.js')).restoreTask,
    checkRestorable: async () => (await import('./json/restore.task.js')).checkRestorableTask,
    read: async () => (await import('./json/read.task.js')).readTask,
    verify: async () => (await import('./stored.tasks.js')).verifyTask,
    packArchive: async () => (await import('./stored.tasks.js')).packArchiveTask,
  },
  preload,
);
