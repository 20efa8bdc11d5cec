import { Body, Controller, ForbiddenException, Get, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { Account, CurrentAccount } from '../access/account.js';
import { Attempts } from '../access/attempts.js';
import { clientAddress } from '../access/client-address.js';
import { ApiErrors } from '../access/error-response.js';
import { Public } from '../access/public.decorator.js';
import { tooManyRequests } from '../access/too-many-requests.js';
import { Environment } from '../config/environment.js';
import { NewAccount } from './new-account.js';
import { UsersService } from './users.service.js';

/** A class signs up behind one address; who goes on is no class. */
const REGISTRATIONS = { free: 60, firstDelayMs: 60_000, longestDelayMs: 3_600_000, forgetAfterMs: 3_600_000 };

@ApiTags('accounts')
@Controller('users')
export class UsersController {
  private readonly registrations = new Attempts(REGISTRATIONS, () => performance.now());

  constructor(
    private readonly users: UsersService,
    private readonly environment: Environment,
  ) {}

  @Post()
  @Public()
  @ApiOperation({ summary: 'Create a student account' })
  @ApiCreatedResponse({ type: Account })
  @ApiErrors({ 400: 'VALIDATION_FAILED', 403: 'REGISTRATION_CLOSED', 409: 'EMAIL_TAKEN', 429: 'TOO_MANY_REQUESTS' })
  create(
    @Body() body: NewAccount,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Account> {
    if (!this.environment.registration) {
      const message = 'Only an admin can create accounts here. Ask one.';
      throw new ForbiddenException({ error_code: 'REGISTRATION_CLOSED', message });
    }
    const address = clientAddress(request.ip);
    const wait = this.registrations.waitMs(address);
    if (wait > 0) throw tooManyRequests(response, wait, 'Too many accounts were created from this address.');
    this.registrations.count(address);
    return this.users.create(body, 'student');
  }

  @Get('me')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'The current account' })
  @ApiOkResponse({ type: Account })
  @ApiErrors({ 401: 'UNAUTHORIZED' })
  me(@CurrentAccount() account: Account): Account {
    return account;
  }
}
