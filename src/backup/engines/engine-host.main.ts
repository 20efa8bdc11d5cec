import { serveOneTask } from '../system/child-task-server.js';
import { captureTask, compareSchemaTask, restoreTask } from './json/json.tasks.js';
import { readTask } from './json/read.task.js';
import { packArchiveTask, verifyTask } from './stored.tasks.js';

serveOneTask({
  capture: captureTask,
  restore: restoreTask,
  compareSchema: compareSchemaTask,
  read: readTask,
  verify: verifyTask,
  packArchive: packArchiveTask,
});
