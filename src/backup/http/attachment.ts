const NOT_PLAIN = /[^A-Za-z0-9 ._-]/g;
/** What no name should hold: controls, marks that turn the direction of writing, separators of paths, halves of a character. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029/\\]/gu;

/**
 * A `Content-Disposition` for a name that anybody may have given (RFC 6266): it stays within its header, whatever it holds, and is a plain name where it is
 * saved.
 */
export function attachment(name: string): string {
  const safe = name.replace(HARMFUL, '_');
  const named = /^[. ]*$/.test(safe) ? 'file' : safe;
  const plain = `attachment; filename="${named.replace(NOT_PLAIN, '_')}"`;
  return named.replace(NOT_PLAIN, '_') === named ? plain : `${plain}; filename*=UTF-8''${encoded(named)}`;
}

const encoded = (name: string): string =>
  encodeURIComponent(name).replace(/['()*!]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
