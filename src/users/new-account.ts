import { ApiProperty } from '@nestjs/swagger';
import { Transform, type TransformFnParams } from 'class-transformer';
import { IsEmail, IsString, Length, ValidateBy } from 'class-validator';
import { isCommonPassword } from '../access/common-passwords.js';
import { normaliseEmail, PASSWORD_LENGTH } from '../access/credentials.js';

const NAME_LENGTH = { min: 1, max: 100 } as const;

const email = { message: 'must be an e-mail address' };
const password = { message: `must be a string of ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters` };
const name = { message: `must be a string of ${NAME_LENGTH.min} to ${NAME_LENGTH.max} characters` };

const NotCommon = () =>
  ValidateBy({
    name: 'notCommon',
    validator: {
      validate: (value: unknown) => typeof value !== 'string' || !isCommonPassword(value),
      defaultMessage: () => 'is one of the most common passwords, which are guessed first; choose another',
    },
  });

const onText =
  (change: (text: string) => string) =>
  ({ value }: TransformFnParams): unknown =>
    typeof value === 'string' ? change(value) : value;

/** What it takes to open an account. */
export class NewAccount {
  @ApiProperty({ format: 'email', example: 'ada@example.com' })
  @Transform(onText(normaliseEmail))
  @IsEmail({}, email)
  email!: string;

  @ApiProperty({ minLength: PASSWORD_LENGTH.min, maxLength: PASSWORD_LENGTH.max, format: 'password' })
  @NotCommon()
  @IsString(password)
  @Length(PASSWORD_LENGTH.min, PASSWORD_LENGTH.max, password)
  password!: string;

  @ApiProperty({ minLength: NAME_LENGTH.min, maxLength: NAME_LENGTH.max, example: 'Ada Lovelace' })
  @Transform(onText((text) => text.trim()))
  @IsString(name)
  @Length(NAME_LENGTH.min, NAME_LENGTH.max, name)
  name!: string;
}
