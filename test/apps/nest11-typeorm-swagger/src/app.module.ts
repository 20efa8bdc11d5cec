import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule } from 'nestjs-backup';
import { DataSource } from 'typeorm';
import { AccessModule } from './access/access.module';
import { AdminGuard } from './access/admin.guard';
import { CreateNotes1700000000000 } from './notes/create-notes.migration';
import { Note } from './notes/note.entity';
import { NotesModule } from './notes/notes.module';

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true }),
    TypeOrmModule.forRootAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        type: 'postgres',
        url: config.getOrThrow<string>('DATABASE_URL'),
        entities: [Note],
        migrations: [CreateNotes1700000000000],
        migrationsRun: true,
      }),
    }),
    BackupModule.forRootAsync({
      imports: [AccessModule],
      inject: [DataSource],
      useFactory: (database: DataSource) => ({ database }),
      guard: AdminGuard,
    }),
    NotesModule,
  ],
})
export class AppModule {}
