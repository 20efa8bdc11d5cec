/**
 * A package that the host may have or not.
 * @param load requires it by its literal name, so that bundlers see it
 * @returns null where it is not installed
 */
export function optionalPackage<T>(name: string, load: () => unknown): T | null {
  try {
    return load() as T;
  } catch (error) {
    if (isMissingPackage(error, name)) return null;
    throw error;
  }
}

/** That the package itself is missing, and not something that it needs. Test runners throw errors of another realm, which are no `Error` here. */
export function isMissingPackage(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'MODULE_NOT_FOUND' && String(message).includes(`'${name}'`);
}
