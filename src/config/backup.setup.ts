import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import type { SignedInRequest } from '../access/account.js';
import { BackupModule } from '../backup/index.js';
import { type FormSignIn } from '../backup/internals.js';
import { appVersion } from './backup/app-version.js';
import { backupOptions } from './backup/backup.environment.js';
import { DASHBOARD_PATH } from './dashboard-path.js';
import { Environment } from './environment.js';

/** Backups hold everybody's data: admins only. Runs after the guard that puts the account on the request. */
@Injectable()
export class BackupAdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<Partial<SignedInRequest>>();
    if (user?.role === 'admin') return true;
    throw new ForbiddenException('This requires the role admin. Sign in with an account that has it.');
  }
}

/** The dashboard signs in with accounts of this backend. */
const signIn: FormSignIn = { form: true };

export const backupModule = BackupModule.forRootAsync({
  guard: BackupAdminGuard,
  inject: [Environment],
  useFactory: (environment: Environment) => ({
    ...backupOptions(environment),
    appVersion: appVersion(),
    dashboard: { path: DASHBOARD_PATH, signIn },
    maintenanceExempt: ['/healthz', '/docs', '/docs-json'],
  }),
});
