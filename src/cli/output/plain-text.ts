// Control characters, and those that turn the direction of writing, could redraw the terminal or hide what is asked.
// eslint-disable-next-line no-control-regex -- control characters are exactly what is replaced
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text from outside as it may reach a terminal: on one line, and with nothing in it that a terminal obeys. */
export const plainText = (text: string): string =>
  text.replaceAll(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });

/** The same for texts of several lines that we wrote ourselves around something from outside. */
export const plainLines = (text: string): string => text.split('\n').map(plainText).join('\n');
