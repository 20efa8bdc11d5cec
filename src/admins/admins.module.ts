import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { AdminsController } from './admins.controller.js';
import { FirstAdmin } from './first-admin.js';

@Module({ imports: [UsersModule], controllers: [AdminsController], providers: [FirstAdmin], exports: [FirstAdmin] })
export class AdminsModule {}
