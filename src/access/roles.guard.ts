import { CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SignedInRequest } from './account.js';
import { Roles } from './roles.decorator.js';

/** Enforces {@link Roles}; runs after the guard that puts the account on the request. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const allowed = this.reflector.getAllAndOverride(Roles, [context.getHandler(), context.getClass()]);
    if (!allowed) return true;
    const user = context.switchToHttp().getRequest<Partial<SignedInRequest>>().user;
    if (user && allowed.includes(user.role)) return true;
    throw new ForbiddenException(
      `This requires the role ${allowed.join(' or ')}. Sign in with an account that has it.`,
    );
  }
}
