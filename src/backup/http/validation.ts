import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { BackupError, type FieldError } from '../model/errors.js';

/** Checks bodies and queries of the backup routes, whatever pipes the host has. Unknown fields are an error that names them. */
export const validationPipe = (): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) => invalid(errors.flatMap((error) => fieldErrors(error))),
  });

/** The error for fields that are wrong. */
export function invalid(errors: FieldError[]): BackupError {
  const said = errors.map(({ field, message }) => `"${field}" ${message}`).join('; ');
  return new BackupError('VALIDATION_FAILED', `The request is not valid: ${said}.`, { errors });
}

function fieldErrors(error: ValidationError, parent = ''): FieldError[] {
  const field = parent + error.property;
  const nested = (error.children ?? []).flatMap((child) => fieldErrors(child, `${field}.`));
  const broken = Object.entries(error.constraints ?? {})[0];
  if (!broken) return nested;
  const [rule, message] = broken;
  return [{ field, message: rule === 'whitelistValidation' ? 'is not a field of this request' : message }, ...nested];
}
