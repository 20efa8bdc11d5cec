/** The name in `attachment; filename="…"; filename*=UTF-8''…`: the second one where it is there, which can hold more. */
export function fileName(disposition: string | null): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/.exec(disposition ?? '')?.[1];
  try {
    if (encoded !== undefined) return decodeURIComponent(encoded);
  } catch {
    // The plain one, then.
  }
  return /filename="([^"]+)"/.exec(disposition ?? '')?.[1];
}
