import { BadRequestException, ValidationPipe, type ValidationError } from '@nestjs/common';
import type { FieldProblem } from '../access/error-response.js';

/**
 * Checks bodies and queries against their classes; unknown fields are refused by name.
 * @param hint what to send instead, added to the message
 */
export const createValidationPipe = (hint?: string): ValidationPipe =>
  new ValidationPipe({
    whitelist: true,
    forbidNonWhitelisted: true,
    transform: true,
    exceptionFactory: (errors) => {
      const problems = errors.flatMap((error) => fieldProblems(error));
      const faults = problems.map(({ field, message }) => `"${field}" ${message}`).join('; ');
      const message = [`The request is not valid: ${faults}.`, hint].filter(Boolean).join(' ');
      return new BadRequestException({ error_code: 'VALIDATION_FAILED', message, errors: problems });
    },
  });

function fieldProblems(error: ValidationError, parent = ''): FieldProblem[] {
  const field = parent + error.property;
  const [rule, text] = Object.entries(error.constraints ?? {})[0] ?? [];
  const own = rule === undefined ? [] : [{ field, message: messageOf(rule, text!) }];
  return [...own, ...(error.children ?? []).flatMap((child) => fieldProblems(child, `${field}.`))];
}

function messageOf(rule: string, text: string): string {
  switch (rule) {
    case 'whitelistValidation':
      return 'is not a field of this request';
    case 'isObject':
      return 'must be a JSON object';
    default:
      return text;
  }
}
