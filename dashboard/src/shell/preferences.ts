/** What a person chose for this browser. A browser that keeps nothing asks again. */
export function stored(name: string): string | null {
  try {
    return localStorage.getItem(`backups.${name}`);
  } catch {
    return null;
  }
}

export function store(name: string, value: string): void {
  try {
    localStorage.setItem(`backups.${name}`, value);
  } catch {
    // nothing is lost but a preference
  }
}
