import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { RolesGuard } from '../access/roles.guard.js';
import { Environment } from '../config/environment.js';
import { UsersModule } from '../users/users.module.js';
import { AuthController } from './auth.controller.js';
import { AuthGuard } from './auth.guard.js';
import { SignInLimits } from './sign-in-limits.js';
import { jwtOptions, Tokens } from './tokens.js';

@Module({
  imports: [UsersModule, JwtModule.registerAsync({ inject: [Environment], useFactory: jwtOptions })],
  controllers: [AuthController],
  providers: [
    Tokens,
    { provide: SignInLimits, useFactory: () => new SignInLimits() },
    // In this order: who is it, then what may they do.
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
  ],
})
export class AuthModule {}
