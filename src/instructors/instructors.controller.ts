import { Body, Controller, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Account } from '../access/account.js';
import { ApiErrors } from '../access/error-response.js';
import { Roles } from '../access/roles.decorator.js';
import { NewAccount } from '../users/new-account.js';
import { UsersService } from '../users/users.service.js';

@ApiTags('accounts')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('instructors')
export class InstructorsController {
  constructor(private readonly users: UsersService) {}

  @Post()
  @ApiOperation({ summary: 'Create an instructor account' })
  @ApiCreatedResponse({ type: Account })
  @ApiErrors({ 400: 'VALIDATION_FAILED', 401: 'UNAUTHORIZED', 403: 'FORBIDDEN', 409: 'EMAIL_TAKEN' })
  create(@Body() body: NewAccount): Promise<Account> {
    return this.users.create(body, 'instructor');
  }
}
