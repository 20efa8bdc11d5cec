import { NotesModule, NotesStore } from '@app/notes';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Backups, HeadlessBackupModule } from 'nestjs-backup/headless';

@Module({
  imports: [NotesModule, HeadlessBackupModule.forRoot({ database: 'sqlite:./data/notes.db', triggers: false })],
})
class WorkerModule {}

/** Serves nobody: takes a snapshot, imports notes, and ends. */
async function importNotes(): Promise<void> {
  const app = await NestFactory.createApplicationContext(WorkerModule);
  await app.get(Backups, { strict: false }).capture({ description: 'Before the import' });
  app.get(NotesStore, { strict: false }).add('Imported');
  await app.close();
}
void importNotes();
