import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Client } from 'pg';
import type { ServerRole, ServerTarget } from '../../database-target.js';

/** Each server of a target by itself, in the order in which they are tried. */
export function candidates(target: ServerTarget): ServerTarget[] {
  const { host, port, otherServers = [], role } = target;
  const all = [{ host, port }, ...otherServers].map((server) => ({ ...target, ...server }));
  return role === 'prefer-standby' ? [...all.map((server) => ({ ...server, role: 'standby' as const })), ...all] : all;
}

/** What a server is, as far as its sessions see. */
interface Nature {
  isStandby: boolean;
  isReadOnly: boolean;
}

const WANTED: Record<ServerRole, (server: Nature) => boolean> = {
  any: () => true,
  'read-write': ({ isStandby, isReadOnly }) => !isStandby && !isReadOnly,
  'read-only': ({ isStandby, isReadOnly }) => isStandby || isReadOnly,
  primary: ({ isStandby }) => !isStandby,
  standby: ({ isStandby }) => isStandby,
  'prefer-standby': () => true,
};

export const isWanted = (role: ServerRole | undefined, server: Nature): boolean => WANTED[role ?? 'any'](server);

/**
 * No password, and nothing made of it, goes to a server that does not prove that it ends the encryption itself.
 * @returns whether one was refused
 */
export function requireChannelBinding(client: Client): () => boolean {
  const { connection } = client as unknown as { connection: EventEmitter & { stream: Socket } };
  let isBound = false;
  let isRefused = false;
  const refuse = () => {
    isRefused = true;
    connection.stream.destroy();
  };
  connection.prependListener('authenticationSASL', ({ mechanisms }: { mechanisms: string[] }) => {
    isBound = mechanisms.includes('SCRAM-SHA-256-PLUS') && 'encrypted' in connection.stream;
    if (!isBound) refuse();
  });
  for (const event of ['authenticationCleartextPassword', 'authenticationMD5Password'])
    connection.prependListener(event, refuse);
  connection.prependListener('authenticationOk', () => void (isBound || refuse()));
  return () => isRefused;
}
