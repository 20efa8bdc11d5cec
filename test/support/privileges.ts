/** Root may read and write everything, so permissions cannot be tested as root. */
export const isPrivileged = (): boolean => process.geteuid?.() === 0;
