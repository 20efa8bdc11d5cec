import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  app.enableShutdownHooks();
  const description = new DocumentBuilder()
    .setTitle('Notes')
    .addApiKey({ type: 'apiKey', name: 'x-api-key', in: 'header' });
  SwaggerModule.setup('docs', app, SwaggerModule.createDocument(app, description.build()));
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
