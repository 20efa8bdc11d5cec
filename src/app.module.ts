import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AdminsModule } from './admins/admins.module.js';
import { FirstAdmin } from './admins/first-admin.js';
import { AuthModule } from './auth/auth.module.js';
import { backupModule } from './config/backup.setup.js';
import { databaseOptions } from './config/database.js';
import { Environment } from './config/environment.js';
import { EnvironmentModule } from './config/environment.module.js';
import { HealthModule } from './health/health.module.js';
import { HomeModule } from './home/home.module.js';
import { InstructorsModule } from './instructors/instructors.module.js';
import { CreateUsers1700000000000 } from './users/create-users.migration.js';
import { UsersModule } from './users/users.module.js';

@Module({
  imports: [
    EnvironmentModule,
    EventEmitterModule.forRoot(),
    ScheduleModule.forRoot(),
    TypeOrmModule.forRootAsync({
      inject: [Environment],
      useFactory: (environment: Environment) => databaseOptions(environment, [CreateUsers1700000000000]),
    }),
    AuthModule,
    UsersModule,
    InstructorsModule,
    AdminsModule,
    HealthModule,
    HomeModule,
    backupModule,
  ],
})
export class AppModule implements OnApplicationBootstrap {
  constructor(private readonly firstAdmin: FirstAdmin) {}

  /** The root module's hook runs after all others, so whoever listens for new roles hears of the first admin too. */
  async onApplicationBootstrap(): Promise<void> {
    await this.firstAdmin.ensure();
  }
}
