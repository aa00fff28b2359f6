// `@chainsafe/libp2p-quic` (quinn) without libp2p: its native add-on alone, read and written as its own stream class does
// it, with its default windows. It has threads of its own.

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { concat } from '../../../../src/core/bytes.ts';
import { identityFromSeed } from '../../../../src/crypto/signing.ts';
import { primitives } from '../../../../src/platform/node/primitives.ts';
import type { Contender, Pipe } from './pipe.ts';

const READ_BYTES = 64 * 1024;
/** Pieces gathered into one write, each of which is a message to another thread. */
const GATHERED_MAX = 16;
const WAITING_MAX = 64;

interface NativeStream {
  read(bytes: number): Promise<Uint8Array | null>;
  write(bytes: Uint8Array): Promise<void>;
}
interface NativeConnection {
  inboundStream(): Promise<NativeStream>;
  outboundStream(): Promise<NativeStream>;
  abort(): void;
}
interface Native {
  readonly QuinnConfig: new (config: object) => object;
  readonly Server: new (
    config: object,
    host: string,
    port: number,
  ) => { inboundConnection(): Promise<NativeConnection>; port(): number };
  readonly Client: new (
    config: object,
    family: number,
  ) => { outboundConnection(host: string, port: number): Promise<NativeConnection> };
}

function pipeOf(connection: NativeConnection, stream: NativeStream): Pipe {
  const waiting: Uint8Array[] = [];
  let busy = false;
  const pipe: Pipe = {
    onBytes: () => undefined,
    onRoom: () => undefined,
    write(bytes: Uint8Array): boolean {
      waiting.push(bytes);
      if (!busy) pump().catch(() => undefined);
      return waiting.length < WAITING_MAX;
    },
    get waitingBytes(): number {
      return waiting.reduce((sum, { length }) => sum + length, 0);
    },
    start: (): void => void pull(),
    close: (): void => connection.abort(),
  };
  const pump = async (): Promise<void> => {
    busy = true;
    while (waiting.length > 0) {
      const gathered = waiting.slice(0, GATHERED_MAX);
      await stream.write(concat(...gathered));
      waiting.splice(0, gathered.length);
      if (waiting.length < WAITING_MAX / 2) pipe.onRoom();
    }
    busy = false;
  };
  const pull = async (): Promise<void> => {
    for (;;) {
      const bytes = await stream.read(READ_BYTES).catch(() => null);
      if (bytes === null) return;
      pipe.onBytes(bytes);
    }
  };
  return pipe;
}

export function createChainsafe(): Contender {
  const require = createRequire(import.meta.url);
  const name = '@chainsafe/libp2p-quic-linux-x64-gnu';
  const native = require(name) as Native;
  const identity = identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
  // libp2p's encoding of an Ed25519 private key.
  const privateKeyProto = concat(Uint8Array.of(8, 1, 18, 64), identity.secretKey);
  const config = new native.QuinnConfig({
    privateKeyProto,
    handshakeTimeout: 5000,
    shutdownTimeout: 1000,
    maxIdleTimeout: 10_000,
    keepAliveInterval: 5000,
    maxConcurrentStreamLimit: 256,
    maxStreamData: 10_000_000,
    maxConnectionData: 15_000_000,
    receiveBufferSize: 500_000,
    sendBufferSize: 500_000,
  });
  const client = new native.Client(config, 0);
  return {
    async listen(accept) {
      const server = new native.Server(config, '127.0.0.1', 0);
      const serve = async (): Promise<void> => {
        for (;;) {
          const connection = await server.inboundConnection();
          connection.inboundStream().then(
            (stream) => accept(pipeOf(connection, stream)),
            () => undefined,
          );
        }
      };
      // Ends with the process.
      serve().catch(() => undefined);
      return String(server.port());
    },
    async dial(address) {
      const connection = await client.outboundConnection('127.0.0.1', Number(address));
      return pipeOf(connection, await connection.outboundStream());
    },
  };
}
