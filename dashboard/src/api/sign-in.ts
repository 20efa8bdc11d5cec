import { answer, api } from './client.js';
import { ApiError } from './api-error.js';
import { randomNumber } from './random-number.js';
import { beginSession } from './session.js';

/** With an account of our own backend. @throws ApiError 401 for wrong credentials, 403 for an account that is no admin, 429 after too many attempts */
export async function signIn(email: string, password: string): Promise<void> {
  const { access_token, expires_in, user } = await answer(api.POST('/auth/login', { body: { email, password } }));
  if (user.role !== 'admin') throw new ApiError(403, 'FORBIDDEN', 'This needs the role admin.');
  const expiresAt = Date.now() + expires_in * 1000;
  beginSession({ token: access_token, account: user, expiresAt, id: randomNumber() });
}
