import { randomBytes } from 'node:crypto';
import { ConflictException, Injectable, Logger } from '@nestjs/common';
import { CannotStart } from '../config/backup/cannot-start.js';
import { Environment } from '../config/environment.js';
import { UsersService } from '../users/users.service.js';

const GENERATED_EMAIL = 'admin@localhost.localdomain';

/** Somebody has to be able to sign in to a new installation. */
@Injectable()
export class FirstAdmin {
  private readonly logger = new Logger('Accounts');
  /** Whether this start made up a password, and showed it. */
  showedPassword = false;

  constructor(
    private readonly users: UsersService,
    private readonly environment: Environment,
  ) {}

  /** Opens an admin account where there is none: the one the environment names, or one with a random password. */
  async ensure(): Promise<void> {
    if (await this.users.hasAdmin()) return;
    const given = this.environment.firstAdmin;
    const { email, password } = given ?? { email: GENERATED_EMAIL, password: randomBytes(18).toString('base64url') };
    try {
      await this.users.create({ email, password, name: 'Admin' }, 'admin');
    } catch (error) {
      if (!(error instanceof ConflictException)) throw error;
      // Another process, started at the same moment, may have been faster.
      if (await this.users.hasAdmin()) return;
      // Never promoted: anybody could have opened that account.
      throw new CannotStart(
        'There is no admin, and the e-mail address for the first one belongs to another account. ' +
          'Start with ADMIN_EMAIL set to another address and with ADMIN_PASSWORD.',
        { cause: error },
      );
    }
    this.logger.log(`Created the first admin: ${email}`);
    if (given) return;
    showOnce(email, password);
    this.showedPassword = true;
  }
}

/** Past the logger, so that the password is not kept wherever the log is. */
function showOnce(email: string, password: string): void {
  process.stdout.write(`\nFirst admin (shown only now):\n  email:    ${email}\n  password: ${password}\n\n`);
}
