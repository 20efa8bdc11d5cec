import type { DatabaseTarget } from '../engines/snapshot.engine.js';

/** The module's options, checked once and with every default filled in. */
export class ResolvedOptions {
  readonly database!: DatabaseTarget;
  /** Absolute. */
  readonly directory!: string;
  /** Absolute. */
  readonly configFile!: string;
  readonly catalogUrl!: string;
  readonly triggers!: boolean;
  readonly minFreeBytes!: number;
  readonly jobTimeoutMs!: number;
  readonly appVersion!: string;
  readonly maintenanceExempt!: readonly string[];
}
