import { serveOneTask } from '../system/child-task-server.js';

// Each task loads only what it needs: the child lives for one task, and what it does not load it does not wait for.
const [preload] = process.argv.slice(2);

serveOneTask(
  {
    capture: async () => (await import('./json/capture.task.js')).captureTask,
    restore: async () => (await import('./json/restore.task.js')).restoreTask,
    checkRestorable: async () => (await import('./json/restore.task.js')).checkRestorableTask,
    statementsToConfirm: async () => (await import('./dialects/confirm.task.js')).statementsToConfirmTask,
    occupancy: async () => (await import('./dialects/occupancy.task.js')).occupancyTask,
    describeSource: async () => (await import('./source.task.js')).describeSourceTask,
    read: async () => (await import('./json/read.task.js')).readTask,
    captureFiles: async () => (await import('./files/capture.task.js')).captureFilesTask,
    restoreFiles: async () => (await import('./files/restore.task.js')).restoreFilesTask,
    checkFilesRestorable: async () => (await import('./files/restore.task.js')).checkFilesRestorableTask,
    recoverFiles: async () => (await import('./files/recover.task.js')).recoverFilesTask,
    listFiles: async () => (await import('./files/look.task.js')).listFilesTask,
    findFile: async () => (await import('./files/look.task.js')).findFileTask,
    fileContent: async () => (await import('./files/look.task.js')).fileContentTask,
    nativeCapture: async () => (await import('./native/native.tasks.js')).nativeCaptureTask,
    nativeRestore: async () => (await import('./native/native.tasks.js')).nativeRestoreTask,
    nativeCheckRestorable: async () => (await import('./native/native.tasks.js')).nativeCheckRestorableTask,
    compare: async () => (await import('./json/compare.task.js')).compareTask,
    compareRows: async () => (await import('./json/compare.task.js')).compareRowsTask,
    previewRestore: async () => (await import('./json/compare.task.js')).previewRestoreTask,
    verify: async () => (await import('./stored.tasks.js')).verifyTask,
    packArchive: async () => (await import('./stored.tasks.js')).packArchiveTask,
  },
  preload,
);
