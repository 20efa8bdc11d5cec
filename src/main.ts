import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { FirstAdmin } from './admins/first-admin.js';
import { configureApp } from './app.setup.js';
import { Environment } from './config/environment.js';
import { DASHBOARD_PATH } from './config/dashboard-path.js';
import { ProgramLog } from './config/program-log.js';
import { startProblem } from './config/start-problem.js';

async function start(): Promise<void> {
  // The log is held back until the start has succeeded: a failed one ends with its reason alone.
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: new ProgramLog(),
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  });
  configureApp(app);
  app.enableShutdownHooks();
  const { host, port } = app.get(Environment);
  await app.listen(port, host);
  app.flushLogs();
  const address = await app.getUrl();
  const log = new Logger('Application');
  log.log(`Listening on ${address}, API documentation at /docs`);
  const isNew = app.get(FirstAdmin).showedPassword;
  log.log(`Dashboard: ${address}${DASHBOARD_PATH}${isNew ? '; sign in with the password above' : ''}`);
}

start().catch((error: unknown) => {
  process.stderr.write(`Could not start. ${startProblem(error)}\n`);
  process.exit(1);
});
