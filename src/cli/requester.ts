import { userInfo } from 'node:os';

/** Who asked for it, for the history of jobs. */
export function requester(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    return 'cli'; // an account without a name, as containers have
  }
}
