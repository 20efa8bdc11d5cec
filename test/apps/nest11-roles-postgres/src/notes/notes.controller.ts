import { Body, Controller, Delete, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { NewNote, type Note } from './note';
import { NotesRepository } from './notes.repository';

@Controller('notes')
export class NotesController {
  constructor(private readonly notes: NotesRepository) {}

  @Get()
  all(): Promise<Note[]> {
    return this.notes.all();
  }

  @Post()
  add(@Body() note: NewNote): Promise<void> {
    return this.notes.add(note);
  }

  @Delete(':id')
  remove(@Param('id', ParseIntPipe) id: number): Promise<void> {
    return this.notes.remove(id);
  }
}
