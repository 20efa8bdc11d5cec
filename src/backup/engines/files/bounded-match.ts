import { createContext, Script } from 'node:vm';
import { BackupError } from '../../model/errors.js';

/** Far more than a match ever takes that ends at all; a slow machine does not come near it. */
const LONGEST_MATCH_MS = 2000;

/**
 * Whether comparing a name with a pattern may take for ever: with several stars or choices in one name there are very many ways of sharing that out among them,
 * and all are tried.
 */
const mayTakeLong = (pattern: string): boolean =>
  /[@?!+*]\(/.test(pattern) || pattern.split('/').some((name) => (name.match(/\*+|\{/g) ?? []).length > 2);

/** The same test, which gives up after some seconds instead of holding up everything. */
export function boundedTest(pattern: string, test: (text: string) => boolean): (text: string) => boolean {
  if (!mayTakeLong(pattern)) return test;
  const place = createContext({ test, text: '' });
  const script = new Script('test(text)');
  return (text) => {
    place['text'] = text;
    try {
      return script.runInContext(place, { timeout: LONGEST_MATCH_MS }) as boolean;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw new BackupError(
        'CONFIG_INVALID',
        `The pattern ${JSON.stringify(pattern)} takes too long to compare with the name ${JSON.stringify(text.slice(0, 120))}. ` +
          'Write it in the plan with fewer stars in one name.',
      );
    }
  };
}
