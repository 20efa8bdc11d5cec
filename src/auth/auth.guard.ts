import { CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SignedInRequest } from '../access/account.js';
import { isPublic } from '../access/public.decorator.js';
import { Tokens } from './tokens.js';

/** Lets in who presents a valid token, and puts the account on the request; guards every route that is not public. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: Tokens,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (isPublic(this.reflector, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest<SignedInRequest>();
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const account = token === undefined ? undefined : await this.tokens.accountOf(token);
    if (!account)
      throw new UnauthorizedException('Sign in first: this needs a valid access token from POST /auth/login.');
    request.user = account;
    return true;
  }
}
