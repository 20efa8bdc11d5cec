import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';

const id = { message: 'must be the id of an account: a whole number, at least 1' };

/** Makes an existing account an admin. */
export class Promotion {
  @ApiProperty({ minimum: 1, example: 5 })
  @IsInt(id)
  @Min(1, id)
  @Max(Number.MAX_SAFE_INTEGER, id)
  user_id!: number;
}
