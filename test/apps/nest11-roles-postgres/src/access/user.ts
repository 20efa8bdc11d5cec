import type { Request } from 'express';

export interface User {
  email: string;
  role: 'admin' | 'clerk';
}

export type SignedIn = Request & { user?: User };

export const USERS: Record<string, User> = {
  'key-of-olga': { email: 'olga@notes.example', role: 'admin' },
  'key-of-carl': { email: 'carl@notes.example', role: 'clerk' },
};
