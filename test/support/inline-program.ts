import { mkdir } from 'node:fs/promises';
import { ConsoleLogger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module.js';
import { configureApp } from '../../src/app.setup.js';
import { Environment, parseEnvironment } from '../../src/config/environment.js';
import { Program } from './program.js';

/**
 * The program within this process: its start takes a fifth of the time. It cannot be killed, and a start that is refused throws: tests of these want
 * the real {@link Program}. Its engine tasks have children, as everywhere where the application keeps a database open.
 */
export class InlineProgram extends Program {
  private app: NestExpressApplication | undefined;

  override get isRunning(): boolean {
    return this.app !== undefined;
  }

  override async stop(): Promise<void> {
    const { app } = this;
    this.app = undefined;
    await app?.close();
  }

  override end(): Promise<void> {
    return this.stop();
  }

  protected override async begin(environment: NodeJS.ProcessEnv): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    this.printed = '';
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Environment)
      .useValue(parseEnvironment(this.variables(environment)))
      .compile();
    const app = module.createNestApplication<NestExpressApplication>({
      logger: new Log((line) => (this.printed += line)),
    });
    try {
      configureApp(app);
      await app.listen(0, '127.0.0.1');
    } catch (error) {
      await app.close();
      throw error;
    }
    this.app = app;
    this.url = await app.getUrl();
  }
}

class Log extends ConsoleLogger {
  constructor(private readonly write: (line: string) => void) {
    super({ colors: false });
  }

  protected override printMessages(messages: unknown[]): void {
    for (const message of messages) this.write(`${String(message)}\n`);
  }
}
