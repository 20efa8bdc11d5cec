import { ApiProperty, ApiSchema, PartialType } from '@nestjs/swagger';
import type { BackupConfig } from '../../model/backup-config.js';

@ApiSchema({ name: 'BackupConfig' })
export class ConfigResponse implements BackupConfig {
  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 3650,
    example: 30,
    description: 'Days after which snapshots are deleted.',
  })
  retention_days!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 3650,
    example: 14,
    description: "Days after which a day's snapshots are packed into one ZIP; not above retention_days.",
  })
  auto_archive_after_days!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 1440,
    example: 10,
    description: 'Minutes between scheduled snapshots.',
  })
  backup_interval_minutes!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    example: 5,
    description: 'How many of the newest snapshots no policy ever removes.',
  })
  min_keep!: number;
}

/** Only documents the body: the store checks it, with the same rules as the file. */
@ApiSchema({ name: 'BackupConfigChanges' })
export class ConfigChanges extends PartialType(ConfigResponse) {}
