// Control characters, and those that turn the direction of writing or cannot be seen, could hide what is to be read.
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

/** Text that somebody has to judge, with everything in it to be seen. */
export const plainText = (text: string): string =>
  text.replaceAll(UNSAFE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
