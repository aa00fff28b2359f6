import { expect, test } from 'vitest';
import type { Clock } from '../../../env/clock.ts';
import { QuicConnection, type QuicEnd } from './quic-connection.ts';
import type { QuicheConnection } from './quiche.ts';

const MIB = 1024 * 1024;
const clock: Clock = {
  now: () => 0,
  wallMs: () => 0,
  after: () => ({ cancel: () => undefined }),
};

/** An engine that is established from the start, has `stream` bytes for each read, and counts. */
class PaperEngine implements QuicheConnection {
  closed: number | null = null;
  readonly #streamBytes: number;
  constructor(streamBytes: number) {
    this.#streamBytes = streamBytes;
  }
  readonly recv = (): number => 0;
  readonly send = (): null => null;
  readonly streamRecv = (): readonly [number, boolean] => [this.#streamBytes, false];
  readonly streamSend = (): null => null;
  readonly streamCapacity = (): number => 0;
  readonly sendAckEliciting = (): void => undefined;
  readonly close = (_application: boolean, code: number): void => {
    this.closed = code;
  };
  readonly timeout = (): null => null;
  readonly onTimeout = (): void => undefined;
  readonly applicationProto = (): Uint8Array => new Uint8Array(0);
  readonly peerCertChain = (): null => null;
  readonly isEstablished = (): boolean => true;
  readonly isResumed = (): boolean => false;
  readonly isDraining = (): boolean => false;
  readonly isClosed = (): boolean => false;
  readonly isTimedOut = (): boolean => false;
  readonly peerError = (): null => null;
}

async function flooded(engine: PaperEngine, bytesMax: number): Promise<number> {
  const ends: QuicEnd[] = [];
  const connection = new QuicConnection({
    engine,
    clock,
    datagramBytesMax: 1350,
    keepAliveMs: 1,
    transmit: () => undefined,
    onGone: () => undefined,
  });
  const established = Promise.withResolvers<void>();
  connection.own({
    established: established.resolve,
    readable: () => undefined,
    writable: () => undefined,
    ended: (end) => ends.push(end),
  });
  await established.promise;
  const into = new Uint8Array(2000);
  for (let bytes = 0; bytes < bytesMax; bytes += 1000) {
    connection.receive(new Uint8Array(1000));
    connection.read(into);
    if (ends.length > 0) return bytes;
  }
  return bytesMax;
}

test('a connection that sends anything but its stream is closed once that costs memory', async () => {
  const engine = new PaperEngine(0);
  const bytes = await flooded(engine, 20 * MIB);
  expect(bytes).toBeGreaterThan(4 * MIB);
  expect(bytes).toBeLessThan(8 * MIB);
  expect(engine.closed).toBe(1);
});

test('a connection whose stream advances may go on for good', async () => {
  const engine = new PaperEngine(900);
  expect(await flooded(engine, 100 * MIB)).toBe(100 * MIB);
  expect(engine.closed).toBeNull();
});
