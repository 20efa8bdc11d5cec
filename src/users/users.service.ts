import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Not, QueryFailedError, Repository } from 'typeorm';
import type { Account } from '../access/account.js';
import { RoleAnnouncer } from '../access/role-announcer.js';
import type { Role } from '../access/role.js';
import type { NewAccount } from './new-account.js';
import { PasswordHasher } from './password-hasher.js';
import { accountOf, User } from './user.entity.js';

/**
 * Accounts and their roles. Each change is one statement, hence one transaction that has committed when the call returns
 * (TypeORM's `save` would open one that concurrent requests share, as this driver has a single connection).
 */
@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    private readonly passwords: PasswordHasher,
    private readonly announcer: RoleAnnouncer,
  ) {}

  /** @throws ConflictException `EMAIL_TAKEN` */
  async create({ email, password, name }: NewAccount, role: Role): Promise<Account> {
    const passwordHash = await this.passwords.hash(password);
    const inserted = await this.users
      .insert({ email, name, role, passwordHash, createdAt: new Date() })
      .catch(emailTaken);
    const { id } = inserted.identifiers[0] as Pick<User, 'id'>;
    this.announcer.announce({ role, user_id: id, label: name });
    return { id, email, name, role };
  }

  /** @throws NotFoundException `USER_NOT_FOUND`, ConflictException `ALREADY_ADMIN` */
  async promoteToAdmin(id: number): Promise<Account> {
    if (id > HIGHEST_ID) throw notFound(id);
    const { affected } = await this.users.update({ id, role: Not('admin') }, { role: 'admin' });
    const user = await this.users.findOneBy({ id });
    if (!user) throw notFound(id);
    if (!affected)
      throw new ConflictException({ error_code: 'ALREADY_ADMIN', message: `Account ${id} is already an admin.` });
    this.announcer.announce({ role: 'admin', user_id: id, label: user.name });
    return accountOf(user);
  }

  hasAdmin(): Promise<boolean> {
    return this.users.existsBy({ role: 'admin' });
  }

  async findById(id: number): Promise<User | null> {
    return id > HIGHEST_ID ? null : this.users.findOneBy({ id });
  }

  /** @returns the account, if address and password belong together */
  async findByCredentials(email: string, password: string): Promise<User | undefined> {
    const user = await this.users.findOneBy({ email });
    const matches = await this.passwords.matches(password, user?.passwordHash);
    return user && matches ? user : undefined;
  }
}

/** What the column holds on every database; PostgreSQL refuses to look for a higher one. */
const HIGHEST_ID = 2 ** 31 - 1;

const notFound = (id: number): NotFoundException =>
  new NotFoundException({ error_code: 'USER_NOT_FOUND', message: `There is no account with the id ${id}.` });

/** As the drivers of SQLite, PostgreSQL and MySQL call a value that is there already. */
const NOT_UNIQUE = ['SQLITE_CONSTRAINT_UNIQUE', '23505', 'ER_DUP_ENTRY'];

function emailTaken(error: unknown): never {
  const code = error instanceof QueryFailedError ? (error.driverError as { code?: string }).code : undefined;
  if (code === undefined || !NOT_UNIQUE.includes(code)) throw error;
  throw new ConflictException({
    error_code: 'EMAIL_TAKEN',
    message: 'An account with this e-mail address already exists. Sign in, or use another address.',
  });
}
