import type { Type } from '@nestjs/common';
import { getSchemaPath } from '../openapi.js';

/** The schema of an answer that is one model, or a list of them where several were asked for. */
export const oneOrSeveral = (model: Type) => ({
  oneOf: [{ $ref: getSchemaPath(model) }, { type: 'array', items: { $ref: getSchemaPath(model) } }],
});
