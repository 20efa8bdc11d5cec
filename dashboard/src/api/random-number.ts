/** One that nobody can guess, in hexadecimal. */
export const randomNumber = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
