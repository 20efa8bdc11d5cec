import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { ApiErrors } from '../access/error-response.js';
import { Public } from '../access/public.decorator.js';

class Health {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';
}

@ApiTags('health')
@Controller('healthz')
export class HealthController {
  constructor(private readonly dataSource: DataSource) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Whether the process and its database respond' })
  @ApiOkResponse({ type: Health })
  @ApiErrors({ 503: 'DATABASE_UNAVAILABLE' })
  async check(): Promise<Health> {
    try {
      await this.dataSource.query('SELECT 1');
    } catch (error) {
      const message = 'The database does not respond. See the server log, and check its disk.';
      throw new ServiceUnavailableException({ error_code: 'DATABASE_UNAVAILABLE', message }, { cause: error });
    }
    return { status: 'ok' };
  }
}
