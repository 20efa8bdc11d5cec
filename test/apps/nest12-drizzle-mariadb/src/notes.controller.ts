import { Body, Controller, Delete, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { Database } from './database.js';
import { notes } from './schema.js';

@Controller('notes')
export class NotesController {
  constructor(private readonly database: Database) {}

  @Get()
  all() {
    return this.database.drizzle.select().from(notes).orderBy(notes.id);
  }

  @Post()
  async add(@Body('text') text: string): Promise<void> {
    await this.database.drizzle.insert(notes).values({ text });
  }

  @Delete(':id')
  async remove(@Param('id', ParseIntPipe) id: number): Promise<void> {
    await this.database.drizzle.delete(notes).where(eq(notes.id, id));
  }
}
