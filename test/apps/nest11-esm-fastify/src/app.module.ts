import { Module } from '@nestjs/common';
import { BackupModule } from 'nestjs-backup';
import { ApiKeyGuard } from './api-key.guard.js';
import { NotesController } from './notes.controller.js';
import { NotesStore } from './notes.store.js';

@Module({
  imports: [
    BackupModule.forRoot({
      database: 'sqlite:./data/notes.db',
      guard: ApiKeyGuard,
    }),
  ],
  controllers: [NotesController],
  providers: [NotesStore],
})
export class AppModule {}
