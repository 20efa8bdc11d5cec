import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiResponse } from '@nestjs/swagger';

/** What is wrong with one field of a body or a query. */
export class FieldProblem {
  @ApiProperty({ example: 'email' })
  field!: string;

  @ApiProperty({ example: 'must be an e-mail address' })
  message!: string;
}

/** The body of every error. */
export class ErrorResponse {
  @ApiProperty({ example: 404 })
  status_code!: number;

  @ApiProperty({ description: 'Stable error code for programs.', example: 'USER_NOT_FOUND' })
  error_code!: string;

  @ApiProperty({ description: 'What is wrong and what to do, in words.' })
  message!: string;

  @ApiPropertyOptional({ type: [FieldProblem], description: 'For VALIDATION_FAILED: one entry per invalid field.' })
  errors?: FieldProblem[];
}

/** Documents the errors of a route: `@ApiErrors({ 409: 'EMAIL_TAKEN' })`. */
export const ApiErrors = (codes: Record<number, string>) =>
  applyDecorators(
    ...Object.entries(codes).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, type: ErrorResponse }),
    ),
  );
