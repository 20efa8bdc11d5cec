export * from './notes.module';
export * from './notes.store';
