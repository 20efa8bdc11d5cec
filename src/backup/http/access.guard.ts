import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import { AccessCheck, OPEN_TO_ANYBODY } from './access-check.js';
import type { BackupRequest } from './inputs.js';

/** Stands before every backup route of a host that has not said who may use them: backups hold all data. */
@Injectable()
export class ClosedGuard implements CanActivate {
  canActivate(): never {
    throw new ForbiddenException(
      'The backup routes are closed, because the application does not protect them with a guard. ' +
        'Pass one: BackupModule.forRoot({ guard: AdminGuard, … }).',
    );
  }
}

/** Runs after the guards of the host, and refuses everybody where these let in somebody without credentials. */
@Injectable()
export class NoAnonymousGuard implements CanActivate {
  constructor(private readonly check: AccessCheck) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<BackupRequest>();
    if (this.check.isOwn(request)) return false; // the guards of the host have let it in, which is all that it was sent for
    if (!(await this.check.letsAnybodyIn(request))) return true;
    throw new ForbiddenException(OPEN_TO_ANYBODY);
  }
}
