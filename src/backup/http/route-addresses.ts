import { Injectable, RequestMethod, VERSION_NEUTRAL } from '@nestjs/common';
import { MODULE_PATH } from '@nestjs/common/constants.js';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { BACKUP_ROUTES } from './routes.js';

/** Where the backup routes of this application are: Nest puts a global prefix, and the path that a `RouterModule` gives to the module, before them. */
@Injectable()
export class RouteAddresses {
  constructor(
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
  ) {}

  /** What stands before `/admin/database/backups`: nothing, or for example `/api`. Known when the application is initialised, and not before. */
  get prefix(): string {
    return this.health.slice(0, -`${BACKUP_ROUTES}/health`.length);
  }

  /** The path of the route that tells how the backups are. */
  get health(): string {
    const [path] = new RoutePathFactory(this.config).create(
      {
        globalPrefix: this.config.getGlobalPrefix().replace(/^\/*(?=.)/, '/'),
        modulePath: this.modulePath,
        ctrlPath: BACKUP_ROUTES,
        methodPath: '/health',
        controllerVersion: VERSION_NEUTRAL,
      },
      RequestMethod.GET,
    );
    return path!;
  }

  private get modulePath(): string {
    const { metatype } = [...this.modules.values()].find(({ providers }) => providers.has(RouteAddresses))!;
    const given: unknown = Reflect.getMetadata(MODULE_PATH + this.modules.applicationId, metatype);
    return typeof given === 'string' ? given : '';
  }
}
