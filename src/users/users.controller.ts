import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Account, CurrentAccount } from '../access/account.js';
import { ApiErrors } from '../access/error-response.js';
import { Public } from '../access/public.decorator.js';
import { NewAccount } from './new-account.js';
import { UsersService } from './users.service.js';

@ApiTags('accounts')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Post()
  @Public()
  @ApiOperation({ summary: 'Open a student account' })
  @ApiCreatedResponse({ type: Account })
  @ApiErrors({ 400: 'VALIDATION_FAILED', 409: 'EMAIL_TAKEN' })
  create(@Body() body: NewAccount): Promise<Account> {
    return this.users.create(body, 'student');
  }

  @Get('me')
  @ApiBearerAuth()
  @ApiOperation({ summary: 'The account that is signed in, as it is now' })
  @ApiOkResponse({ type: Account })
  @ApiErrors({ 401: 'UNAUTHORIZED' })
  me(@CurrentAccount() account: Account): Account {
    return account;
  }
}
