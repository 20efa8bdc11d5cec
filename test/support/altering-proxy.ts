import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * Stands between a client and its server, and changes some of what the client sends, as a faulty line would.
 * @param change `to` must be as long as `from`, so that the packets keep their lengths
 */
export async function alteringProxy(
  server: { host: string; port: number },
  { from, to }: { from: string; to: string },
): Promise<{ host: string; port: number; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const beyond = connect(server.port, server.host);
    for (const socket of [client, beyond]) sockets.add(socket.on('error', () => undefined));
    client.on('data', (bytes) => beyond.write(Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')));
    client.on('close', () => beyond.end());
    beyond.on('data', (bytes) => client.write(bytes)).on('close', () => client.destroy());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
