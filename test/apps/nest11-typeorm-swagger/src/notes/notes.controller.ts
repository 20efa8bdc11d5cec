import { Body, Controller, Delete, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Note } from './note.entity';

@Controller('notes')
export class NotesController {
  constructor(@InjectRepository(Note) private readonly notes: Repository<Note>) {}

  @Get()
  all(): Promise<Note[]> {
    return this.notes.find({ order: { id: 'ASC' } });
  }

  @Post()
  add(@Body('text') text: string): Promise<Note> {
    return this.notes.save({ text });
  }

  @Delete(':id')
  async remove(@Param('id', ParseIntPipe) id: number): Promise<void> {
    await this.notes.delete(id);
  }
}
