import { Global, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { Environment, parseEnvironment } from './environment.js';

/** Provides the checked {@link Environment} everywhere. Variables that are set win over those in a `.env` file. */
@Global()
@Module({
  // Only for the `.env` file, which it merges into process.env; the rest of the program asks for the typed Environment.
  imports: [ConfigModule.forRoot()],
  providers: [{ provide: Environment, useFactory: () => parseEnvironment(process.env) }],
  exports: [Environment],
})
export class EnvironmentModule {}
