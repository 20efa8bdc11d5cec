import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { ServerTarget } from '../../src/backup/engines/database-target.js';

const HEADER_BYTES = 4;

/** `before`: the server never hears of the statement. `after`: it does it, but its answer reaches nobody. */
export type Cut = 'before' | 'after';

/**
 * Stands between a client and its server and cuts the line for good at one of the statements, which is to the server what the death of the client would be: so that
 * a test can end a restore at each of its steps.
 */
export class CuttingProxy {
  statements = 0;
  private commits = 0;
  private readonly sockets = new Set<Socket>();
  private cut = false;

  private constructor(
    private readonly listener: Server,
    private readonly target: ServerTarget,
    private readonly at: number | 'last COMMIT',
    private readonly how: Cut,
  ) {}

  /** @param at the number of the statement, from 1 on, where the line is cut for good; or the COMMIT of the rows, after which others get through */
  static async open(target: ServerTarget, at: number | 'last COMMIT', how: Cut): Promise<CuttingProxy> {
    const listener = createServer();
    const proxy = new CuttingProxy(listener, target, at, how);
    listener.on('connection', (client) => proxy.serve(client));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return proxy;
  }

  get throughIt(): ServerTarget {
    return { ...this.target, host: '127.0.0.1', port: (this.listener.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private serve(client: Socket): void {
    this.sockets.add(client);
    client.on('error', () => undefined);
    if (this.cut) return void client.destroy();
    const server = connect(this.target.port, this.target.host);
    this.sockets.add(server);
    server.on('error', () => undefined);
    server.on('data', (bytes) => (this.cut ? server.destroy() : client.write(bytes)));
    server.on('close', () => client.destroy());
    client.on('close', () => server.end()); // not at once: what was passed on is to be done
    let pending: Buffer = Buffer.alloc(0);
    client.on('data', (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (let packet = firstPacket(pending); packet && !this.cut; packet = firstPacket(pending)) {
        pending = pending.subarray(packet.length);
        this.pass(packet, client, server);
      }
    });
  }

  private pass(packet: Buffer, client: Socket, server: Socket): void {
    if (this.isWhereToCut(packet)) {
      this.cut = this.at !== 'last COMMIT';
      client.destroy();
      if (this.how === 'before') return void server.destroy();
    }
    server.write(packet);
  }

  private isWhereToCut(packet: Buffer): boolean {
    if (packet[HEADER_BYTES - 1] !== 0) return false;
    this.statements++;
    if (this.at !== 'last COMMIT') return this.statements === this.at;
    return packet.subarray(HEADER_BYTES + 1).toString() === 'COMMIT' && ++this.commits === 2;
  }
}

function firstPacket(bytes: Buffer): Buffer | null {
  if (bytes.length < HEADER_BYTES) return null;
  const length = HEADER_BYTES + bytes.readUIntLE(0, 3);
  return bytes.length < length ? null : bytes.subarray(0, length);
}
