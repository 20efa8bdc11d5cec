import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { appVersion } from './config/backup/app-version.js';
import { PlainRequests } from './config/plain-requests.interceptor.js';
import { Environment } from './config/environment.js';
import { ErrorFilter } from './config/error.filter.js';
import { createValidationPipe } from './config/validation.js';

/** Everything about HTTP that holds for all routes; the program, the tests and the scripts share it. */
export function configureApp(app: NestExpressApplication): void {
  app.disable('x-powered-by');
  const { trustProxy } = app.get(Environment);
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.use(
    helmet({
      // Served over plain HTTP in a local network, the pages would look for their own scripts under https.
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  );
  // Answers hold people's data; what may be kept says so itself.
  app.use((_request: Request, response: Response, next: NextFunction) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.useGlobalInterceptors(new PlainRequests());
  app.useGlobalPipes(createValidationPipe());
  app.useGlobalFilters(new ErrorFilter());
  SwaggerModule.setup('docs', app, () => createOpenApiDocument(app), { jsonDocumentUrl: 'docs-json' });
}

export function createOpenApiDocument(app: NestExpressApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setTitle('nestjs-backup')
    .setDescription('Accounts, and automatic, verified, restorable backups of the database behind them.')
    .setVersion(appVersion())
    .addBearerAuth()
    .build();
  return SwaggerModule.createDocument(app, description);
}
