import { ApiProperty } from '@nestjs/swagger';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { ROLES, type Role } from './role.js';

/** An account as the outside sees it: never with its password hash. */
export class Account {
  @ApiProperty({ example: 5 })
  id!: number;

  @ApiProperty({ example: 'ada@example.com' })
  email!: string;

  @ApiProperty({ example: 'Ada Lovelace' })
  name!: string;

  @ApiProperty({ enum: ROLES, enumName: 'Role' })
  role!: Role;
}

/** A request whose token has been checked; `user` is the account as the database has it at this moment. */
export interface SignedInRequest extends Request {
  user: Account;
}

/** The account that makes the request. */
export const CurrentAccount = createParamDecorator(
  (_: unknown, context: ExecutionContext): Account => context.switchToHttp().getRequest<SignedInRequest>().user,
);
