import { ConsoleLogger } from '@nestjs/common';

/** What the framework tells of how it put the program together: some sixty lines at every start. */
const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** The log of the program: what it does, without the framework's own steps, whose warnings and errors stay. In colour on a terminal only. */
export class ProgramLog extends ConsoleLogger {
  constructor(output: Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'hasColors'>> = process.stdout) {
    super({ colors: output.isTTY === true && output.hasColors?.() === true }); // which knows NO_COLOR and dumb terminals
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK.has(context)) return;
    super.log(message, ...rest);
  }
}
