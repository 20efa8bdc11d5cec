import { serveOneTask } from '../system/child-task-server.js';
import { ENGINE_TASKS } from './engine.tasks.js';

const [preload] = process.argv.slice(2);

serveOneTask(ENGINE_TASKS, preload);
