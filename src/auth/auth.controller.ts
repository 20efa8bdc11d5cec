import { Body, Controller, HttpCode, Post, Req, Res, UnauthorizedException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { clientAddress } from '../access/client-address.js';
import { ApiErrors } from '../access/error-response.js';
import { Public } from '../access/public.decorator.js';
import { tooManyRequests } from '../access/too-many-requests.js';
import { accountOf } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { Credentials } from './credentials.js';
import { Session } from './session.js';
import { SignInLimits } from './sign-in-limits.js';
import { TOKEN_LIFETIME, Tokens } from './tokens.js';

@ApiTags('accounts')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: Tokens,
    private readonly limits: SignInLimits,
  ) {}

  @Post('login')
  @Public()
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in; failed attempts for one account, or from one address, are delayed more and more' })
  @ApiOkResponse({ type: Session })
  @ApiErrors({ 400: 'VALIDATION_FAILED', 401: 'UNAUTHORIZED', 429: 'TOO_MANY_REQUESTS' })
  async login(
    @Body() { email, password }: Credentials,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Session> {
    const attempt = this.limits.begin(email, clientAddress(request.ip));
    if (typeof attempt === 'number') throw tooManyRequests(response, attempt, 'Too many attempts to sign in.');
    const user = await this.users.findByCredentials(email, password);
    if (!user) throw new UnauthorizedException('E-mail address or password is wrong. Check both and try again.');
    attempt.succeeded();
    const access_token = await this.tokens.issue(user);
    return { access_token, token_type: 'Bearer', expires_in: TOKEN_LIFETIME, user: accountOf(user) };
  }
}
