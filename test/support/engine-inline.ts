import { runTasksInline } from './inline-tasks.js';

runTasksInline();
