import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { seconds, ThrottlerModule } from '@nestjs/throttler';
import { RolesGuard } from '../access/roles.guard.js';
import { Environment } from '../config/environment.js';
import { UsersModule } from '../users/users.module.js';
import { AuthController } from './auth.controller.js';
import { AuthGuard } from './auth.guard.js';
import { jwtOptions, Tokens } from './tokens.js';

@Module({
  imports: [
    UsersModule,
    JwtModule.registerAsync({ inject: [Environment], useFactory: jwtOptions }),
    // Applies only where ThrottlerGuard is used: to the login, per client address.
    ThrottlerModule.forRoot({
      throttlers: [{ limit: 10, ttl: seconds(60) }],
      errorMessage: 'Too many attempts to sign in. Wait for the seconds in Retry-After and try again.',
    }),
  ],
  controllers: [AuthController],
  providers: [
    Tokens,
    // In this order: who is it, then what may they do.
    { provide: APP_GUARD, useClass: AuthGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
  ],
})
export class AuthModule {}
