/** Long enough to resist guessing, short enough that hashing one stays cheap. */
export const PASSWORD_LENGTH = { min: 10, max: 200 } as const;

/** The one spelling under which an address is stored and looked up. */
export const normaliseEmail = (email: string): string => email.trim().toLowerCase();
