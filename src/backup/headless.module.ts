import { Module } from '@nestjs/common';
import { ConfigurableModuleClass } from './backup.module-definition.js';
import { OPERATIONS, PROVIDERS } from './backup.providers.js';
import { Catalog } from './catalog/catalog.js';

/** The same as `BackupModule` for a program that serves nobody: no routes, no listeners, and none of the packages that those need. */
@Module({ providers: PROVIDERS, exports: [...OPERATIONS, Catalog] })
export class HeadlessBackupModule extends ConfigurableModuleClass {}
