// The load's two ends of the bare relay, and of no relay at all: the same bytes from socket to socket.

import { once } from 'node:events';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { Carrier, CarrierOptions } from '../carrier.ts';
import { makeCredentials } from '../credentials.ts';
import { framedReceiver, framedSender } from '../frame-stream.ts';
import { startProcess, type RelayProcess } from '../relay-process.ts';

async function dial(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  return socket;
}

function carry(
  from: TLSSocket,
  to: TLSSocket,
  relay: RelayProcess | null,
  more: () => void = () => {},
): Carrier {
  const { send, flush } = framedSender(from);
  const carrier: Carrier = {
    relay,
    send,
    flush,
    receive: () => {},
    async close() {
      from.destroy();
      to.destroy();
      more();
      await relay?.end();
    },
  };
  to.on(
    'data',
    framedReceiver((message) => carrier.receive(message)),
  );
  return carrier;
}

export async function openBare({ folder, relayCore, nodeFlags }: CarrierOptions): Promise<Carrier> {
  const { certificateFile, keyFile } = makeCredentials(folder);
  const program = join(import.meta.dirname, '..', 'relays', 'bare.ts');
  const words = [...nodeFlags, program, certificateFile, keyFile];
  const relay = startProcess(relayCore, process.execPath, words);
  const port = Number((await relay.line(/^listens (\d+)/))[1]);
  const from = await dial(port);
  const to = await dial(port);
  return carry(from, to, relay);
}

/** Nobody between: what the load itself adds to latencies. */
export async function openDirect({ folder }: Pick<CarrierOptions, 'folder'>): Promise<Carrier> {
  const { certificate, key } = makeCredentials(folder);
  const server = createServer({ cert: certificate, key, minVersion: 'TLSv1.3' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const accepted = once(server, 'secureConnection');
  const from = await dial(typeof address === 'object' ? (address?.port ?? 0) : 0);
  const [to] = (await accepted) as [TLSSocket];
  to.setNoDelay(true);
  return carry(from, to, null, () => server.close());
}
