// An application on Express with backups and events, as a process of its own: `small-host.mjs <options of the module as JSON>`. It prints the port it listens on.
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { BackupModule, Backups } from '../../dist/backup/index.js';

const options = JSON.parse(process.argv[2]);

class Shop {
  constructor(events, backups) {
    Object.assign(this, { events, backups });
  }

  products() {
    return [{ name: 'Tea' }];
  }

  async register() {
    await this.events.emitAsync('role.created', { role: 'buyer', user_id: 1 });
    return { registered: true };
  }

  /** What its own code gets of a backup. */
  async backUp() {
    return this.backups.capture().catch(({ code, message }) => ({ code, message }));
  }
}
Controller()(Shop);
Reflect.defineMetadata('design:paramtypes', [EventEmitter2, Backups], Shop);
for (const [method, path] of [
  ['products', 'products'],
  ['register', 'register'],
  ['backUp', 'back-up'],
])
  Get(path)(Shop.prototype, method, Object.getOwnPropertyDescriptor(Shop.prototype, method));

class AppModule {}
Module({
  imports: [EventEmitterModule.forRoot(), BackupModule.forRoot({ allowAnonymous: true, ...options })],
  controllers: [Shop],
})(AppModule);

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`port ${app.getHttpServer().address().port}`);
