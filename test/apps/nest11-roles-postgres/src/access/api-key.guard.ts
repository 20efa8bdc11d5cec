import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { type SignedIn, USERS } from './user';

/** Global: whoever shows no key is nobody. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<SignedIn>();
    const user = USERS[request.header('x-api-key') ?? ''];
    if (!user) throw new UnauthorizedException();
    request.user = user;
    return true;
  }
}
