import { applyDecorators, Controller, UseFilters, VERSION_NEUTRAL } from '@nestjs/common';
import { makeEndpoints } from './endpoint.js';
import { BackupErrorFilter } from './error.filter.js';
import { ApiBearerAuth, ApiTags } from './openapi.js';
import { BACKUP_ROUTES } from './routes.js';

/** A controller of backup routes: checked, and with answers and errors in one format, whatever the host does globally. */
export const BackupController = (path = '') =>
  applyDecorators(
    makeEndpoints,
    Controller({ path: `${BACKUP_ROUTES}/${path}`, version: VERSION_NEUTRAL }),
    UseFilters(BackupErrorFilter),
    ApiTags('backups'),
    ApiBearerAuth(),
  );
