import { Module } from '@nestjs/common';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { BackupModule } from 'nestjs-backup';
import { AccountsController } from './accounts.controller.js';
import { AdminGuard } from './admin.guard.js';
import { Database } from './database.js';
import { NotesController } from './notes.controller.js';

@Module({
  imports: [
    EventEmitterModule.forRoot(),
    BackupModule.forRoot({
      database: process.env.DATABASE_URL!,
      guard: AdminGuard,
    }),
  ],
  controllers: [AccountsController, NotesController],
  providers: [Database],
})
export class AppModule {}
