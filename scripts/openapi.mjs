// Writes docs/openapi.json from the built program, without listening, without a database and without touching any file but that one.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../docs/openapi.json', import.meta.url));
const scratch = await mkdtemp(join(tmpdir(), 'openapi-'));
try {
  // Only to be safe: a preview starts nothing that would read these.
  Object.assign(process.env, {
    DATABASE_URL: `sqlite:${join(scratch, 'app.sqlite')}`,
    BACKUP_DIR: join(scratch, 'backups'),
    BACKUP_CONFIG_FILE: join(scratch, 'backup_config.json'),
    BACKUP_TRIGGERS: 'off',
  });
  const { NestFactory } = await import('@nestjs/core');
  const { AppModule } = await import('../dist/app.module.js');
  const { createOpenApiDocument } = await import('../dist/app.setup.js');
  // A preview knows every module and controller, and creates no provider.
  const app = await NestFactory.create(AppModule, { preview: true, abortOnError: false, logger: ['error'] });
  await writeFile(target, `${JSON.stringify(createOpenApiDocument(app), null, 2)}\n`);
  console.log(`Wrote ${target}`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
