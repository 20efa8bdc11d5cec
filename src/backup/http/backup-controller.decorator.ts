import { applyDecorators, Controller, UseFilters, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from './openapi.js';
import { BackupGuard } from './access.guard.js';
import { BackupErrorFilter } from './error.filter.js';
import { PlainRequests } from './plain-requests.interceptor.js';
import { validationPipe } from './validation.js';

/** Where all backup routes stand. */
export const BACKUP_ROUTES = '/admin/database/backups';

/** A controller of backup routes: guarded, checked, and with errors in one format, whatever the host does globally. */
export const BackupController = (path = '') =>
  applyDecorators(
    Controller(`${BACKUP_ROUTES}/${path}`),
    UseGuards(BackupGuard),
    UseInterceptors(PlainRequests),
    UsePipes(validationPipe()),
    UseFilters(BackupErrorFilter),
    ApiTags('backups'),
    ApiBearerAuth(),
  );
