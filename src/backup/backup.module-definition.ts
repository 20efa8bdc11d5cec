import { ConfigurableModuleBuilder, type CanActivate, type DynamicModule, type Type } from '@nestjs/common';
import type { BackupModuleOptions } from './backup.options.js';
import { BACKUP_ACCESS_GUARD } from './http/access.guard.js';

/** What `forRoot()` and `forRootAsync()` take beside the options themselves. */
export interface BackupModuleExtras {
  /** Decides who may use the backup routes: whoever passes can read and replace all data. Without one, every route answers 403. */
  guard?: Type<CanActivate> | undefined;
  /** Modules that provide what the guard needs. */
  imports?: DynamicModule['imports'];
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<BackupModuleOptions>({
  moduleName: 'Backup',
})
  .setClassMethodName('forRoot')
  .setExtras<BackupModuleExtras>({ guard: undefined, imports: [] }, (definition, { guard, imports }) => ({
    ...definition,
    imports: [...new Set([...(definition.imports ?? []), ...(imports ?? [])])],
    providers: [...(definition.providers ?? []), ...(guard ? [{ provide: BACKUP_ACCESS_GUARD, useClass: guard }] : [])],
  }))
  .build();
