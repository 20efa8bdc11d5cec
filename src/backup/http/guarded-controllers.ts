import { type CanActivate, type Type, UseGuards } from '@nestjs/common';
import { ClosedGuard, NoAnonymousGuard } from './access.guard.js';
import { BACKUP_CONTROLLERS } from './controllers.js';

/** Who may use the backup routes: whoever passes can read and replace all data. */
export interface BackupAccess {
  /** The guard before every backup route; short for `guards: [guard]`. Without any, every route answers 403. */
  guard?: Type<CanActivate> | undefined;
  /** The guards before every backup route, in this order. */
  guards?: (Type<CanActivate> | CanActivate)[];
  /** Decorators of the controllers, for guards that read them: `[Roles('admin')]`. */
  decorators?: ClassDecorator[];
  /**
   * Serve the routes although the guards let in requests without credentials, which else is checked, logged as an error, and answered with 403.
   * Without guards it opens the routes to everybody who can reach the server. @default false
   */
  allowAnonymous?: boolean;
}

/** The controllers of one module, with the guards and decorators of its host. */
export function guardedControllers({
  guard,
  guards = [],
  decorators = [],
  allowAnonymous = false,
}: BackupAccess): Type[] {
  const given = [...(guard ? [guard] : []), ...guards];
  const last = given.length === 0 ? ClosedGuard : NoAnonymousGuard;
  return BACKUP_CONTROLLERS.map((controller) => {
    const guarded = namedLike(controller);
    UseGuards(...given, ...(allowAnonymous ? [] : [last]))(guarded);
    for (const decorate of decorators) decorate(guarded);
    return guarded;
  });
}

/** OpenAPI and the log call routes by the names of their controllers. */
function namedLike(controller: Type): Type {
  return { [controller.name]: class extends controller {} }[controller.name]!;
}
