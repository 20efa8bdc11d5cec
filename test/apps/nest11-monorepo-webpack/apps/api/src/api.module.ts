import { Module } from '@nestjs/common';
import { NotesModule } from '@app/notes';
import { BackupModule } from 'nestjs-backup';
import { AdminGuard } from './admin.guard';
import { NotesController } from './notes.controller';

@Module({
  imports: [
    NotesModule,
    BackupModule.forRoot({
      database: 'sqlite:./data/notes.db',
      guard: AdminGuard,
    }),
  ],
  controllers: [NotesController],
})
export class ApiModule {}
