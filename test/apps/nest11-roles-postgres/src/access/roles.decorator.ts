import { SetMetadata } from '@nestjs/common';
import type { User } from './user';

export const ROLES = 'roles';

export const Roles = (...roles: User['role'][]) => SetMetadata(ROLES, roles);
