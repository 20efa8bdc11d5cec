import { Reflector } from '@nestjs/core';
import type { Role } from './role.js';

/** Restricts a route, or every route of a controller, to accounts that have one of these roles now. */
export const Roles = Reflector.createDecorator<Role[]>();
