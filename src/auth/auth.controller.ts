import { Body, Controller, Header, HttpCode, Post, UnauthorizedException, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ThrottlerGuard } from '@nestjs/throttler';
import { ApiErrors } from '../access/error-response.js';
import { Public } from '../access/public.decorator.js';
import { accountOf } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';
import { Credentials } from './credentials.js';
import { Session } from './session.js';
import { TOKEN_LIFETIME, Tokens } from './tokens.js';

@ApiTags('accounts')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: Tokens,
  ) {}

  @Post('login')
  @Public()
  @UseGuards(ThrottlerGuard)
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Sign in; at most 10 attempts per minute and address' })
  @ApiOkResponse({ type: Session })
  @ApiErrors({ 400: 'VALIDATION_FAILED', 401: 'UNAUTHORIZED', 429: 'TOO_MANY_REQUESTS' })
  async login(@Body() { email, password }: Credentials): Promise<Session> {
    const user = await this.users.findByCredentials(email, password);
    if (!user)
      throw new UnauthorizedException('E-mail address and password do not match an account. Check both and try again.');
    const access_token = await this.tokens.issue(user);
    return { access_token, token_type: 'Bearer', expires_in: TOKEN_LIFETIME, user: accountOf(user) };
  }
}
