import { Injectable } from '@nestjs/common';
import { JwtService, type JwtModuleOptions } from '@nestjs/jwt';
import type { Account } from '../access/account.js';
import type { Environment } from '../config/environment.js';
import { accountOf, type User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { loadJwtSecret } from './jwt-secret.js';

/** Seconds a token is accepted. */
export const TOKEN_LIFETIME = 3600;

/** One pinned algorithm: a token does not get to choose how it is checked. */
export const jwtOptions = async (environment: Environment): Promise<JwtModuleOptions> => ({
  secret: await loadJwtSecret(environment),
  signOptions: { algorithm: 'HS256', expiresIn: TOKEN_LIFETIME },
  verifyOptions: { algorithms: ['HS256'] },
});

/**
 * Issues and judges access tokens. A token names an account, and when that was made; nothing else, so that it is worth what the account is worth now.
 */
@Injectable()
export class Tokens {
  constructor(
    private readonly jwt: JwtService,
    private readonly users: UsersService,
  ) {}

  issue({ id, createdAt }: Pick<User, 'id' | 'createdAt'>): Promise<string> {
    return this.jwt.signAsync({ sub: String(id), made: createdAt.getTime() });
  }

  /** @returns the account as it is now, or undefined where the token is worth nothing */
  async accountOf(token: string): Promise<Account | undefined> {
    const claims = await this.jwt.verifyAsync<{ sub?: unknown; made?: unknown }>(token).catch(() => undefined);
    if (typeof claims?.sub !== 'string' || !/^\d{1,15}$/.test(claims.sub)) return undefined;
    const user = await this.users.findById(Number(claims.sub));
    // A restore takes the sequence of ids back too: this id may by now belong to another account, made at another moment.
    if (!user || claims.made !== user.createdAt.getTime()) return undefined;
    return accountOf(user);
  }
}
