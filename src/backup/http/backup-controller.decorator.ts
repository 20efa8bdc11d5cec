import { applyDecorators, Controller, UseFilters, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { BackupGuard } from './access.guard.js';
import { makeEndpoints } from './endpoint.js';
import { BackupErrorFilter } from './error.filter.js';
import { ApiBearerAuth, ApiTags } from './openapi.js';

/** Where all backup routes stand. */
export const BACKUP_ROUTES = '/admin/database/backups';

/** A controller of backup routes: guarded, checked, and with answers and errors in one format, whatever the host does globally. */
export const BackupController = (path = '') =>
  applyDecorators(
    makeEndpoints,
    Controller({ path: `${BACKUP_ROUTES}/${path}`, version: VERSION_NEUTRAL }),
    UseGuards(BackupGuard),
    UseFilters(BackupErrorFilter),
    ApiTags('backups'),
    ApiBearerAuth(),
  );
