import { Body, Controller, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { Account } from '../access/account.js';
import { ApiErrors } from '../access/error-response.js';
import { Roles } from '../access/roles.decorator.js';
import { NewAccount } from '../users/new-account.js';
import { UsersService } from '../users/users.service.js';
import { AdminBodyPipe } from './admin-body.pipe.js';
import { Promotion } from './promotion.js';

@ApiTags('accounts')
@ApiBearerAuth()
@Roles(['admin'])
@Controller('admins')
export class AdminsController {
  constructor(private readonly users: UsersService) {}

  @Post()
  @ApiOperation({ summary: 'Create an admin account, or make an existing account an admin' })
  @ApiExtraModels(NewAccount, Promotion)
  @ApiBody({ schema: { oneOf: [{ $ref: getSchemaPath(NewAccount) }, { $ref: getSchemaPath(Promotion) }] } })
  @ApiCreatedResponse({ type: Account })
  @ApiErrors({
    400: 'VALIDATION_FAILED',
    401: 'UNAUTHORIZED',
    403: 'FORBIDDEN',
    404: 'USER_NOT_FOUND',
    409: 'EMAIL_TAKEN, ALREADY_ADMIN',
  })
  create(@Body(AdminBodyPipe) body: NewAccount | Promotion): Promise<Account> {
    return body instanceof Promotion ? this.users.promoteToAdmin(body.user_id) : this.users.create(body, 'admin');
  }
}
