import { asSession, session, type OwnSession } from './session.js';

/** A tab in the background may take its time to load. */
const OFFER_LASTS_MS = 15_000;
const ANSWER_WITHIN_MS = 2_000;

/** Only who knows the number can listen there. */
const channelOf = (number: string): BroadcastChannel => new BroadcastChannel(`backups.handover.${number}`);

/** Tells the one tab that comes with this number who is signed in; once, and not for long (decision 53). */
export function offerSession(number: string): void {
  const channel = channelOf(number);
  const close = () => {
    clearTimeout(timer);
    channel.close();
  };
  const timer = setTimeout(close, OFFER_LASTS_MS);
  channel.onmessage = () => {
    if (session.value) channel.postMessage(session.value);
    close();
  };
}

/** Asks the tab that made the number. @returns null where it does not answer */
export function askForSession(number: string): Promise<OwnSession | null> {
  return new Promise((resolve) => {
    const channel = channelOf(number);
    const finish = (found: OwnSession | null) => {
      clearTimeout(timer);
      channel.close();
      resolve(found);
    };
    const timer = setTimeout(() => finish(null), ANSWER_WITHIN_MS);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => finish(asSession(data));
    channel.postMessage('who is signed in?');
  });
}
