import { ApiProperty } from '@nestjs/swagger';
import { Account } from '../access/account.js';

/** Answer to a successful login. */
export class Session {
  @ApiProperty({ description: 'Send it as `Authorization: Bearer <access_token>`.' })
  access_token!: string;

  @ApiProperty({ enum: ['Bearer'] })
  token_type!: 'Bearer';

  @ApiProperty({ description: 'Seconds until the token is no longer accepted.', example: 3600 })
  expires_in!: number;

  @ApiProperty({ type: Account })
  user!: Account;
}
