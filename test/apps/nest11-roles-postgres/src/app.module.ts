import { Module, ValidationPipe } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { BackupModule } from 'nestjs-backup';
import { ApiKeyGuard } from './access/api-key.guard';
import { Roles } from './access/roles.decorator';
import { RolesGuard } from './access/roles.guard';
import { DataInterceptor } from './data.interceptor';
import { NotesController } from './notes/notes.controller';
import { NotesRepository } from './notes/notes.repository';

@Module({
  imports: [
    BackupModule.forRoot({
      database: process.env.DATABASE_URL!,
      guards: [RolesGuard],
      decorators: [Roles('admin')],
    }),
  ],
  controllers: [NotesController],
  providers: [
    NotesRepository,
    { provide: APP_GUARD, useClass: ApiKeyGuard },
    { provide: APP_PIPE, useFactory: () => new ValidationPipe({ whitelist: true, transform: true }) },
    { provide: APP_INTERCEPTOR, useClass: DataInterceptor },
  ],
})
export class AppModule {}
