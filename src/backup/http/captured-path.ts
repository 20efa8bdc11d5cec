import { applyDecorators } from '@nestjs/common';
import { IsString, MaxLength, registerDecorator } from 'class-validator';
import { parsePathText, type BytePath } from '../engines/files/byte-path.js';

/** A path has 4,096 bytes at most; the longest way to write one is two digits for each. */
const LONGEST = 9000;
const message = 'must be an absolute path, as the list of the files has it';

/** A query parameter that names a path of a snapshot of files: its text, or `{"$hex":"2F…"}`. Nothing is opened by it; it is compared with the list. */
export const CapturedPath = () =>
  applyDecorators(
    IsString({ message: 'must be text' }),
    MaxLength(LONGEST, { message: `must not be longer than ${LONGEST} characters` }),
    (target: object, propertyName: string | symbol) =>
      registerDecorator({
        name: 'capturedPath',
        target: target.constructor,
        propertyName: String(propertyName),
        options: { message },
        validator: { validate: (value) => typeof value === 'string' && capturedPath(value) !== undefined },
      }),
  );

/** The bytes of the path without the slashes around them, as lists have it; undefined for what names none. */
export function capturedPath(text: string): BytePath | undefined {
  const path = text.startsWith('/') ? parsePathText(text) : parsePathText(parsed(text));
  if (path === undefined || !path.startsWith('/')) return undefined;
  const name = path.slice(1, path.endsWith('/') ? -1 : undefined);
  return name === '' ? undefined : name;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}
