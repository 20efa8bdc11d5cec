import { Injectable } from '@nestjs/common';

@Injectable()
export class AccountsService {
  async findAdmin(key: string | undefined): Promise<{ id: number; email: string } | null> {
    return key === 'key-of-olga' ? { id: 7, email: 'olga@notes.example' } : null;
  }
}
