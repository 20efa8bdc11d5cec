import { Reflector } from '@nestjs/core';

const publicRoute = Reflector.createDecorator<true>();

/** Opens a route to callers who are not signed in; every other route needs a token. */
export const Public = () => publicRoute(true);

export const isPublic = (reflector: Reflector, targets: Parameters<Reflector['getAllAndOverride']>[1]): boolean =>
  reflector.getAllAndOverride(publicRoute, targets) ?? false;
