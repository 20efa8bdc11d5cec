import { type DynamicModule, Module, type NestModule } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ConfigurableModuleClass } from './backup.module-definition.js';
import { OPERATIONS, PROVIDERS } from './backup.providers.js';
import { Catalog } from './catalog/catalog.js';
import { DashboardFiles } from './dashboard/dashboard-files.js';
import { DashboardMiddleware } from './dashboard/dashboard.middleware.js';
import { AccessCheck } from './http/access-check.js';
import { RouteAddresses } from './http/route-addresses.js';
import { StreamedLists } from './http/streamed-lists.js';
import { BackupError } from './model/errors.js';
import { MaintenanceMiddleware } from './operations/maintenance.middleware.js';
import { testingOptions } from './testing.options.js';
import { EventListener } from './triggers/event.listener.js';

/**
 * Automatic, verified, restorable backups:
 *
 * ```ts
 * imports: [BackupModule.forRoot({ database: 'sqlite:./data/app.sqlite', guard: AdminGuard })]
 * ```
 *
 * Snapshots after events need the host's own `EventEmitterModule.forRoot()`; nothing else is expected of the host.
 */
@Module({
  providers: [
    ...PROVIDERS,
    AccessCheck,
    DashboardFiles,
    DashboardMiddleware,
    EventListener,
    MaintenanceMiddleware,
    RouteAddresses,
    StreamedLists,
  ],
  exports: [...OPERATIONS, Catalog],
})
export class BackupModule extends ConfigurableModuleClass implements NestModule {
  /**
   * The module for tests of the host: snapshots and catalog are kept in memory, timers and listeners are off, and nothing is left when the application is
   * closed. Options are those of `forRoot()`, which may overrule each of these.
   *
   * ```ts
   * const app = await Test.createTestingModule({ imports: [BackupModule.forTesting({ database: 'sqlite:./test.sqlite', guards: [AdminGuard] })] }).compile();
   * ```
   */
  static forTesting(options: Parameters<typeof ConfigurableModuleClass.forRoot>[0]): DynamicModule {
    return BackupModule.forRoot({ ...testingOptions(), ...options });
  }

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly dashboard: DashboardMiddleware,
    private readonly maintenance: MaintenanceMiddleware,
    private readonly events: EventListener,
    private readonly modules: ModulesContainer,
    private readonly catalog: Catalog,
  ) {
    super();
  }

  /** Before any module is initialised; before all routes, also those outside of a global prefix, which `MiddlewareConsumer` would not reach. */
  configure(): void {
    this.assertOnlyOne();
    this.events.listen();
    this.dashboard.assertFree();
    this.adapterHost.httpAdapter.use(this.dashboard.use.bind(this.dashboard)); // also while a restore runs
    // While backups are off nothing is restored here, and what other processes restore cannot be seen.
    if (this.catalog.unavailable) return;
    this.adapterHost.httpAdapter.use(this.maintenance.use.bind(this.maintenance));
  }

  /** The routes of a second one would be those of the first, and neither would know what the other is at. @throws BackupError `CONFIG_INVALID` */
  private assertOnlyOne(): void {
    const count = [...this.modules.values()].filter(({ metatype }) => metatype === BackupModule).length;
    if (count === 1) return;
    throw new BackupError(
      'CONFIG_INVALID',
      `BackupModule.forRoot() was called ${count} times in one application, and their backup routes would collide. Call it once: put further databases into its option "databases", and let other modules import one of your modules that imports and exports it.`,
    );
  }
}
