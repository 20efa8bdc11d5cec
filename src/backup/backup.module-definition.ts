import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import type { BackupModuleOptions } from './backup.options.js';
import { BACKUP_OPTIONS } from './options.token.js';
import { type BackupAccess, guardedControllers } from './http/guarded-controllers.js';
import { type Check, checkOptions, flag } from './option-checks.js';

/** What `forRoot()` and `forRootAsync()` take beside the options themselves. */
export interface BackupModuleExtras extends BackupAccess {
  /** Modules that provide what the guards need. */
  imports?: DynamicModule['imports'];
}

const isGuard = (value: unknown): boolean =>
  typeof value === 'function' || typeof (value as { canActivate?: unknown } | null)?.canActivate === 'function';

/** Also the text 'false' of a variable of the environment would open the routes. */
const ACCESS: Record<keyof BackupAccess, Check> = {
  guard: (value) => (isGuard(value) ? undefined : 'must be the class of a guard'),
  guards: (value) =>
    Array.isArray(value) && value.every(isGuard)
      ? undefined
      : 'must be a list of guards; one that is undefined here may be in a file that imports this one',
  decorators: (value) =>
    Array.isArray(value) && value.every((decorator) => typeof decorator === 'function')
      ? undefined
      : "must be a list of decorators, such as [Roles('admin')]",
  allowAnonymous: flag,
};

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<BackupModuleOptions>({
  optionsInjectionToken: BACKUP_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<BackupModuleExtras>(
    { guard: undefined, guards: [], decorators: [], allowAnonymous: false, imports: [] },
    (definition, { imports, guard, guards, decorators, allowAnonymous }) => {
      const access = { guard, guards, decorators, allowAnonymous } as BackupAccess;
      checkOptions(access, ACCESS, '', []);
      return {
        ...definition,
        imports: [...new Set([...(definition.imports ?? []), ...(imports ?? [])])],
        controllers: guardedControllers(access),
      };
    },
  )
  .build();
