import type { Type } from '@nestjs/common';
import { ComparisonsController } from './comparisons.controller.js';
import { ContentsController } from './contents.controller.js';
import { FilesController } from './files.controller.js';
import { BackupHealthController } from './health.controller.js';
import { JobsController } from './jobs.controller.js';
import { RunsController } from './runs.controller.js';
import { SettingsController } from './settings.controller.js';
import { SnapshotsController } from './snapshots.controller.js';
import { UpkeepController } from './upkeep.controller.js';

/**
 * All backup routes; `guarded-controllers.ts` puts the guards of the host before them.
 * In this order: routes match first come, first served, so that fixed paths stand before `:id`.
 */
export const BACKUP_CONTROLLERS: Type[] = [
  JobsController,
  SettingsController,
  UpkeepController,
  BackupHealthController,
  ContentsController,
  FilesController,
  ComparisonsController,
  RunsController,
  SnapshotsController,
];
