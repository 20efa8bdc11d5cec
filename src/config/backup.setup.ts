import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import type { SignedInRequest } from '../access/account.js';
import { BackupModule } from '../backup/index.js';
import { appVersion } from './app-version.js';
import { Environment } from './environment.js';

/** Backups hold everybody's data: admins only. Runs after the guard that puts the account on the request. */
@Injectable()
export class BackupAdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<Partial<SignedInRequest>>();
    if (user?.role === 'admin') return true;
    throw new ForbiddenException('This needs the role admin. Sign in with an account that has it.');
  }
}

/** The one setup of the backups, shared by the server and the command line. */
export const backupModule = BackupModule.forRootAsync({
  guard: BackupAdminGuard,
  inject: [Environment],
  useFactory: (environment: Environment) => ({
    database: environment.database.url,
    directory: environment.backupDir,
    configFile: environment.backupConfigFile,
    catalogUrl: environment.backupCatalogUrl,
    triggers: environment.backupTriggers,
    fileRoots: environment.backupFileRoots,
    ...(environment.backupDockerContainer === undefined
      ? {}
      : { native: { docker: { container: environment.backupDockerContainer } } }),
    restoreOnEmpty: environment.backupRestoreOnEmpty,
    minFreeMb: environment.backupMinFreeMb,
    appVersion: appVersion(),
    maintenanceExempt: ['/healthz', '/admin/backups', '/docs', '/docs-json'],
  }),
});
