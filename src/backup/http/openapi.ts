import type * as Swagger from '@nestjs/swagger';
import { optionalPackage } from '../system/optional-package.js';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- optional, and needed before the first decorator
const swagger = optionalPackage<typeof Swagger>('@nestjs/swagger', () => require('@nestjs/swagger'));
const describesNothing = () => () => undefined;

/** What stands in for it where the host has not installed it, or has an older one that lacks something. */
const UNDESCRIBED = {
  ApiAcceptedResponse: describesNothing,
  ApiBearerAuth: describesNothing,
  ApiBody: describesNothing,
  ApiCreatedResponse: describesNothing,
  ApiExtraModels: describesNothing,
  ApiNoContentResponse: describesNothing,
  ApiOkResponse: describesNothing,
  ApiOperation: describesNothing,
  ApiParam: describesNothing,
  ApiProperty: describesNothing,
  ApiPropertyOptional: describesNothing,
  ApiQuery: describesNothing,
  ApiResponse: describesNothing,
  ApiSchema: describesNothing,
  ApiTags: describesNothing,
  getSchemaPath: () => '',
  IntersectionType: (type: unknown) => type,
  PartialType: (type: unknown) => type,
  PickType: (type: unknown) => type,
};

/** What describes the routes: `@nestjs/swagger` where the host has it, else decorators that do nothing. */
export const {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiSchema,
  ApiTags,
  getSchemaPath,
  IntersectionType,
  PartialType,
  PickType,
} = { ...UNDESCRIBED, ...swagger } as Pick<typeof Swagger, keyof typeof UNDESCRIBED>;
