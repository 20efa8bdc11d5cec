import { Module } from '@nestjs/common';
import { NotesStore } from './notes.store';

@Module({ providers: [NotesStore], exports: [NotesStore] })
export class NotesModule {}
