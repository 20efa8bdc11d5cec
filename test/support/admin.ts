/** The first admin of every program and application in the tests. */
export const ADMIN = { email: 'admin@example.com', password: 'correct horse battery' } as const;
