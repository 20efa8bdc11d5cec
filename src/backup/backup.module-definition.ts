import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import type { BackupModuleOptions } from './backup.options.js';
import { BACKUP_OPTIONS } from './options.token.js';
import { type BackupAccess, guardedControllers } from './http/guarded-controllers.js';

/** What `forRoot()` and `forRootAsync()` take beside the options themselves. */
export interface BackupModuleExtras extends BackupAccess {
  /** Modules that provide what the guards need. */
  imports?: DynamicModule['imports'];
}

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<BackupModuleOptions>({
  optionsInjectionToken: BACKUP_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<BackupModuleExtras>(
    { guard: undefined, guards: [], decorators: [], allowAnonymous: false, imports: [] },
    (definition, { imports, ...access }) => ({
      ...definition,
      imports: [...new Set([...(definition.imports ?? []), ...(imports ?? [])])],
      controllers: guardedControllers(access),
    }),
  )
  .build();
