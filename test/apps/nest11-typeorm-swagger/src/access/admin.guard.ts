import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Request } from 'express';
import { AccountsService } from './accounts.service';

@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly accounts: AccountsService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request & { user?: unknown }>();
    const admin = await this.accounts.findAdmin(request.header('x-api-key'));
    request.user = admin ?? undefined;
    return admin !== null;
  }
}
