import {
  mdiAlertCircleOutline,
  mdiAlertOutline,
  mdiCheckCircleOutline,
  mdiCloseOctagonOutline,
  mdiCircleOutline,
  mdiClockOutline,
  mdiInformationOutline,
  mdiProgressClock,
} from '@mdi/js';
import type { HealthStatus, Job } from '../api/types.js';

/** What a colour means here; never alone, always beside an icon and a word. */
export type Tone = 'success' | 'warning' | 'error' | 'info' | 'neutral';

export const TONE_ICONS: Record<Tone, string> = {
  success: mdiCheckCircleOutline,
  warning: mdiAlertOutline,
  error: mdiCloseOctagonOutline,
  info: mdiInformationOutline,
  neutral: mdiCircleOutline,
};

export const HEALTH_LOOKS: Record<HealthStatus, { tone: Tone; icon: string }> = {
  healthy: { tone: 'success', icon: mdiCheckCircleOutline },
  caution: { tone: 'warning', icon: mdiAlertCircleOutline },
  warning: { tone: 'warning', icon: mdiAlertOutline },
  critical: { tone: 'error', icon: mdiCloseOctagonOutline },
};

export const JOB_LOOKS: Record<Job['status'], { tone: Tone; icon: string }> = {
  pending: { tone: 'neutral', icon: mdiClockOutline },
  running: { tone: 'info', icon: mdiProgressClock },
  completed: { tone: 'success', icon: mdiCheckCircleOutline },
  failed: { tone: 'error', icon: mdiCloseOctagonOutline },
  cancelled: { tone: 'neutral', icon: mdiCircleOutline },
};
