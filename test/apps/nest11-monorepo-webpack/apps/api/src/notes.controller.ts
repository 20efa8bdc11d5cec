import { Body, Controller, Delete, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { type Note, NotesStore } from '@app/notes';

@Controller('notes')
export class NotesController {
  constructor(private readonly notes: NotesStore) {}

  @Get()
  all(): Note[] {
    return this.notes.all();
  }

  @Post()
  add(@Body('text') text: string): void {
    this.notes.add(text);
  }

  @Delete(':id')
  remove(@Param('id', ParseIntPipe) id: number): void {
    this.notes.remove(id);
  }
}
