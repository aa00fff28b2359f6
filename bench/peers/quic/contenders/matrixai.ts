// `@matrixai/quic` as it comes: quiche with the package's own sockets, timers and web streams, and our certificates.

import { createHmac, randomBytes, randomFillSync, timingSafeEqual } from 'node:crypto';
import { identityFromSeed } from '../../../../src/crypto/signing.ts';
import { certificateOf, pem, privateKeyOf } from '../../../../src/platform/links/certificate.ts';
import { primitives } from '../../../../src/platform/node/primitives.ts';
import type { Contender, Pipe } from './pipe.ts';

const WAITING_MAX = 64;

interface Stream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}
interface Connection extends EventTarget {
  newStream(): Stream;
}
interface LoggerLibrary {
  readonly default: new (name: string, level: number, handlers: readonly never[]) => object;
  readonly LogLevel: { readonly ERROR: number };
}
interface Library {
  readonly QUICServer: new (options: object) => EventTarget & {
    start(options: object): Promise<void>;
    readonly port: number;
  };
  readonly QUICClient: {
    createQUICClient(options: object): Promise<{
      readonly connection: Connection;
      destroy(options: object): Promise<void>;
    }>;
  };
}

function mac(key: ArrayBuffer, data: ArrayBuffer): Buffer {
  return createHmac('sha256', Buffer.from(key)).update(Buffer.from(data)).digest();
}

function pipeOf(stream: Stream, end: () => void): Pipe {
  const writer = stream.writable.getWriter();
  let waiting = 0;
  const pipe: Pipe = {
    onBytes: () => undefined,
    onRoom: () => undefined,
    write(bytes: Uint8Array): boolean {
      waiting += bytes.length;
      void writer.write(bytes).then(
        () => {
          waiting -= bytes.length;
          if (waiting <= (bytes.length * WAITING_MAX) / 2) pipe.onRoom();
        },
        () => undefined,
      );
      return waiting < bytes.length * WAITING_MAX;
    },
    get waitingBytes(): number {
      return waiting;
    },
    start: (): void => void pull(),
    close: end,
  };
  const pull = async (): Promise<void> => {
    try {
      for await (const bytes of stream.readable) pipe.onBytes(bytes);
    } catch {
      // It was closed.
    }
  };
  return pipe;
}

export async function createMatrixai(): Promise<Contender> {
  const name = '@matrixai/quic';
  const library = (await import(name)) as Library;
  const loggerName = '@matrixai/logger';
  const { default: Logger, LogLevel } = (await import(loggerName)) as LoggerLibrary;
  const logger = new Logger('quic', LogLevel.ERROR, []);
  const identity = identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
  const config = {
    cert: pem('CERTIFICATE', certificateOf(primitives, identity)),
    key: String(privateKeyOf(identity).export({ format: 'pem', type: 'pkcs8' })),
    verifyPeer: true,
    verifyCallback: async (): Promise<undefined> => undefined,
    maxIdleTimeout: 10_000,
  };
  return {
    async listen(accept) {
      const server = new library.QUICServer({
        logger,
        config,
        crypto: {
          key: new Uint8Array(randomBytes(32)).buffer,
          ops: {
            sign: async (key: ArrayBuffer, data: ArrayBuffer) =>
              new Uint8Array(mac(key, data)).buffer,
            verify: async (key: ArrayBuffer, data: ArrayBuffer, given: ArrayBuffer) =>
              timingSafeEqual(mac(key, data), Buffer.from(given)),
          },
        },
      });
      server.addEventListener('EventQUICServerConnection', (event) => {
        const { detail } = event as CustomEvent<Connection>;
        detail.addEventListener('EventQUICConnectionStream', (opened) =>
          accept(pipeOf((opened as CustomEvent<Stream>).detail, () => undefined)),
        );
      });
      await server.start({ host: '127.0.0.1', port: 0 });
      return String(server.port);
    },
    async dial(address) {
      const client = await library.QUICClient.createQUICClient({
        logger,
        host: '127.0.0.1',
        port: Number(address),
        localHost: '127.0.0.1',
        crypto: {
          ops: {
            randomBytes: async (data: ArrayBuffer) => void randomFillSync(new Uint8Array(data)),
          },
        },
        config,
      });
      return pipeOf(client.connection.newStream(), () => void client.destroy({ force: true }));
    },
  };
}
