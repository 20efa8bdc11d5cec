import { ApiProperty } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsString, MaxLength } from 'class-validator';
import { normaliseEmail, PASSWORD_LENGTH } from '../access/credentials.js';

const LONGEST_EMAIL = 254;

const text = (max: number) => ({ message: `must be a string of at most ${max} characters` });

/** What one signs in with. Whether it could belong to an account is not checked here: a wrong guess is a 401 like any other. */
export class Credentials {
  @ApiProperty({ format: 'email', maxLength: LONGEST_EMAIL, example: 'ada@example.com' })
  @Transform(({ value }: TransformFnParams): unknown => (typeof value === 'string' ? normaliseEmail(value) : value))
  @IsString(text(LONGEST_EMAIL))
  @MaxLength(LONGEST_EMAIL, text(LONGEST_EMAIL))
  email!: string;

  @ApiProperty({ format: 'password', maxLength: PASSWORD_LENGTH.max })
  @IsString(text(PASSWORD_LENGTH.max))
  @MaxLength(PASSWORD_LENGTH.max, text(PASSWORD_LENGTH.max))
  password!: string;
}
