import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Logger } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { configureApp } from './app.setup.js';
import { Environment } from './config/environment.js';

async function start(): Promise<void> {
  // The log is held back until the start has succeeded: a failed one ends with its reason alone.
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  });
  configureApp(app);
  app.enableShutdownHooks();
  const { host, port } = app.get(Environment);
  await app.listen(port, host);
  app.flushLogs();
  new Logger('Application').log(`Listening on ${await app.getUrl()}, API documentation at /docs`);
}

/** Errors with a code are explanations for people; any other is a mistake in the program and keeps its stack. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? error.message : (error.stack ?? error.message);
}

try {
  await start();
} catch (error) {
  process.stderr.write(`Could not start. ${reasonOf(error)}\n`);
  process.exit(1);
}
