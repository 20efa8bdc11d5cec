import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { InstructorsController } from './instructors.controller.js';

@Module({ imports: [UsersModule], controllers: [InstructorsController] })
export class InstructorsModule {}
