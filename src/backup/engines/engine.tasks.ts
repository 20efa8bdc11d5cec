/**
 * Everything the engine host can do, by name. Each task loads only what it needs: a child lives for one task, and what it does not load it does not wait for.
 * What a task is asked, and what it answers, is what its function says; a task that streams writes to the standard output, and answers null.
 */
export const ENGINE_TASKS = {
  'json.capture': async () => (await import('./json/capture.task.js')).captureTask,
  'json.restore': async () => (await import('./json/restore.task.js')).restoreTask,
  'json.checkRestorable': async () => (await import('./json/restore.task.js')).checkRestorableTask,
  'json.verify': async () => (await import('./json/verify.task.js')).verifyTask,
  'json.readDocument': async () => (await import('./json/read.task.js')).readDocumentTask,
  'json.readRows': async () => (await import('./json/read.task.js')).readRowsTask,
  'json.compare': async () => (await import('./json/compare.task.js')).compareTask,
  'json.compareRows': async () => (await import('./json/compare.task.js')).compareRowsTask,
  'json.previewRestore': async () => (await import('./json/compare.task.js')).previewRestoreTask,

  'native.capture': async () => (await import('./native/native.tasks.js')).nativeCaptureTask,
  'native.restore': async () => (await import('./native/native.tasks.js')).nativeRestoreTask,
  'native.checkRestorable': async () => (await import('./native/native.tasks.js')).nativeCheckRestorableTask,
  'native.verify': async () => (await import('./native/verify.task.js')).verifyTask,

  'files.capture': async () => (await import('./files/capture.task.js')).captureFilesTask,
  'files.restore': async () => (await import('./files/restore.task.js')).restoreFilesTask,
  'files.checkRestorable': async () => (await import('./files/restore.task.js')).checkFilesRestorableTask,
  'files.recover': async () => (await import('./files/recover.task.js')).recoverFilesTask,
  'files.verify': async () => (await import('./files/verify.task.js')).verifyTask,
  'files.readDocument': async () => (await import('./files/read.task.js')).readDocumentTask,
  'files.list': async () => (await import('./files/look.task.js')).listFilesTask,
  'files.find': async () => (await import('./files/look.task.js')).findFileTask,
  'files.content': async () => (await import('./files/look.task.js')).fileContentTask,

  'bundle.capture': async () => (await import('./bundle/capture.task.js')).captureTask,
  'bundle.verify': async () => (await import('./bundle/verify.task.js')).verifyTask,

  // Of any snapshot: its bytes as they are stored, and the content that they stand for.
  'stored.read': async () => (await import('./shared/read.tasks.js')).readStoredTask,
  'stored.readContent': async () => (await import('./shared/read.tasks.js')).readContentTask,

  // These ask a live database, and no snapshot: whichever engine captures it, they are the same.
  'database.occupancy': async () => (await import('./dialects/occupancy.task.js')).occupancyTask,
  'database.statementsToConfirm': async () => (await import('./dialects/confirm.task.js')).statementsToConfirmTask,
  'database.describe': async () => (await import('./source.task.js')).describeSourceTask,

  'archive.pack': async () => (await import('./archive.task.js')).packArchiveTask,
};

type Task<Name extends TaskName> = Awaited<ReturnType<(typeof ENGINE_TASKS)[Name]>>;

export type TaskName = keyof typeof ENGINE_TASKS;
export type TaskRequest<Name extends TaskName> = Parameters<Task<Name>>[0];
export type TaskAnswer<Name extends TaskName> = Awaited<ReturnType<Task<Name>>>;
