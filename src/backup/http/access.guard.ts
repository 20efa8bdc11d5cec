import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  Optional,
} from '@nestjs/common';

/**
 * Injection token of the guard that the host passed as `guard` to `BackupModule.forRoot()`. The module provides it only when there is one:
 * `{ provide: BACKUP_ACCESS_GUARD, useClass: guard }`.
 */
export const BACKUP_ACCESS_GUARD = Symbol('BACKUP_ACCESS_GUARD');

/** Stands before every backup route and asks the host's guard; closed when there is none, because backups hold all data. */
@Injectable()
export class BackupGuard implements CanActivate {
  constructor(@Optional() @Inject(BACKUP_ACCESS_GUARD) private readonly access: CanActivate | undefined) {}

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    if (this.access) return this.access.canActivate(context);
    throw new ForbiddenException(
      'The backup routes are closed, because this application has not said who may use them. ' +
        'Its developer passes a guard: BackupModule.forRoot({ guard: AdminGuard, … }).',
    );
  }
}
