import { answer, api, BACKUPS, delay, send } from '../api/client.js';
import { ApiError } from '../api/api-error.js';
import { eventData } from '../api/event-stream.js';
import { apiUrl } from '../api/served-as.js';
import { isFinished, type Job } from '../api/types.js';

const POLL_EVERY = 2_000;
/** The server sends one event at once. Where none arrives, something in between holds the stream back. */
const FIRST_EVENT_WITHIN = 5_000;

/**
 * Follows a job to its end: by server-sent events while they come through, by asking every two seconds otherwise.
 * @returns the finished job
 * @throws ApiError when the job is unknown; AbortError when the signal says so
 */
export async function followJob(id: string, onChange: (job: Job) => void, signal: AbortSignal): Promise<Job> {
  for (;;) {
    let last = await streamed(id, onChange, signal);
    if (last && isFinished(last)) return last;
    try {
      last = await answer(api.GET(`${BACKUPS}/jobs/{job_id}`, { params: { path: { job_id: id } }, signal }));
      onChange(last);
      if (isFinished(last)) return last;
    } catch (error) {
      // A server that restarts comes back; whoever is refused stays refused.
      if (!(error instanceof ApiError) || (error.status > 0 && error.status < 500)) throw error;
    }
    await delay(POLL_EVERY, signal);
  }
}

async function streamed(id: string, onChange: (job: Job) => void, signal: AbortSignal): Promise<Job | undefined> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), FIRST_EVENT_WITHIN);
  let last: Job | undefined;
  try {
    const url = apiUrl(`${BACKUPS}/jobs/${encodeURIComponent(id)}/events`);
    const response = await send(new Request(url, { signal: AbortSignal.any([signal, patience.signal]) }));
    if (!response.ok || !response.body) return undefined;
    for await (const data of eventData(response.body)) {
      clearTimeout(timer);
      last = JSON.parse(data) as Job;
      onChange(last);
      if (isFinished(last)) break;
    }
  } catch {
    signal.throwIfAborted(); // otherwise the connection broke, and the job is asked for
  } finally {
    clearTimeout(timer);
  }
  return last;
}
