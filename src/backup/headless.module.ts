import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import type { BackupModuleOptions } from './backup.options.js';
import { OPERATIONS, PROVIDERS } from './backup.providers.js';
import { Catalog } from './catalog/catalog.js';
import { BACKUP_OPTIONS } from './options.token.js';

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<BackupModuleOptions>({
  optionsInjectionToken: BACKUP_OPTIONS,
})
  .setClassMethodName('forRoot')
  .build();

/** The same as `BackupModule` for a program that serves nobody: no routes, no listeners, and none of the packages that those need. */
@Module({ providers: PROVIDERS, exports: [...OPERATIONS, Catalog] })
export class HeadlessBackupModule extends ConfigurableModuleClass {}
