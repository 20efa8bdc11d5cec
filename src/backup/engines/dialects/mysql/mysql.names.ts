/** An identifier as SQL writes it. */
export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A text as SQL writes it, whatever the mode of the session says about backslashes. */
export const literal = (text: string): string =>
  text === '' ? `''` : `CONVERT(0x${Buffer.from(text).toString('hex')} USING utf8mb4)`;
