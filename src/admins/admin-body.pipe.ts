import { Injectable, type PipeTransform } from '@nestjs/common';
import { createValidationPipe } from '../config/validation.js';
import { NewAccount } from '../users/new-account.js';
import { Promotion } from './promotion.js';

/** A body with `user_id` promotes an account, any other opens one; the fields of one are refused in the other. */
@Injectable()
export class AdminBodyPipe implements PipeTransform {
  private readonly validation = createValidationPipe('Send either email, password and name, or only user_id.');

  transform(body: unknown): Promise<NewAccount | Promotion> {
    const promotes = typeof body === 'object' && body !== null && 'user_id' in body;
    const metatype = promotes ? Promotion : NewAccount;
    return this.validation.transform(body, { type: 'body', metatype }) as Promise<NewAccount | Promotion>;
  }
}
