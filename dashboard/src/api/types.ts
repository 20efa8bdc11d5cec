import type { components } from './schema.js';

type Schemas = components['schemas'];

export type Account = Schemas['Account'];
export type Snapshot = Schemas['BackupSnapshot'];
export type SnapshotPage = Schemas['BackupSnapshotPage'];
export type Trigger = Schemas['BackupTrigger'];
export type TriggerType = Trigger['type'];
export type Job = Schemas['BackupJob'];
export type JobPage = Schemas['BackupJobPage'];
export type Config = Schemas['BackupConfig'];
export type ConfigChanges = Schemas['BackupConfigChanges'];
export type Plan = Schemas['BackupPlan'];
export type Sources = Schemas['BackupSources'];
export type PlanStatus = Schemas['BackupPlanStatus'];
export type Stats = Schemas['BackupStats'];
export type ListedFile = Schemas['BackupListedFile'];
export type Health = Schemas['BackupHealth'];
export type HealthStatus = Health['status'];
export type Cleanup = Schemas['BackupCleanup'];
export type Verification = Schemas['BackupVerification'];
export type Comparison = Schemas['BackupComparison'];
export type TableComparison = Schemas['BackupTableComparison'];
export type ChangedRows = Schemas['BackupChangedRows'];
export type RestorePreview = Schemas['BackupRestorePreview'];
export type SchemaDifference = Schemas['BackupSchemaDifference'];
export type FieldError = Schemas['BackupFieldError'];
export type ErrorBody = Schemas['BackupErrorResponse'];
export type ErrorCode = Schemas['BackupJobError']['error_code'];
export type Advice = NonNullable<ErrorBody['advice']>[number];

/** A row as a document holds it. */
export type Row = Record<string, unknown>;

export const isFinished = ({ status }: Job): boolean => status !== 'pending' && status !== 'running';
