// A QUIC listener against datagrams and streams that no honest peer sends: it survives them and still accepts an honest
// peer. Time budget: BITCRAPS_FUZZ_MS for each part; a failure prints the seed, BITCRAPS_FUZZ_SEED replays it.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { Link, LinkClose, Listener } from '../../src/env/link.ts';
import { parseQuicAddress } from '../../src/platform/links/quic/quic-address.ts';
import { QuicConnection } from '../../src/platform/links/quic/quic-connection.ts';
import { createQuicNode, newConnectionId } from '../../src/platform/links/quic/quic-node.ts';
import { openLink } from '../../src/platform/links/quic/quic-opening.ts';
import { createQuic, type Quic } from '../../src/platform/links/quic/quic.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSeededRng, type SeededRng } from '../../src/sim/seeded-rng.ts';

const BUDGET_MS = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const SEED = Number(process.env['BITCRAPS_FUZZ_SEED'] ?? systemClock.wallMs() % 2 ** 31);
const HERE = { host: '127.0.0.1', port: 1 };
const THERE = { host: '127.0.0.1', port: 2 };

const identity = identityFromSeed(primitives, new Uint8Array(32).fill(5));
const hostileIdentity = identityFromSeed(primitives, new Uint8Array(32).fill(6));
const settings = {
  primitives,
  clock: systemClock,
  logger: createLogger({ level: 'silent' }),
  bounds: { frameBytesMax: 4096, handshakeTimeoutMs: 1000 },
};
const hostile = createQuicNode({ ...settings, identity: hostileIdentity });
let server: Quic;
let client: Quic;
let listener: Listener;
let port: number;
let closes: Promise<LinkClose>[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  server = createQuic({ ...settings, identity });
  client = createQuic({ ...settings, identity: hostileIdentity });
  listener = await server.listen('quic:127.0.0.1:0', (link: Link) => {
    closes.push(
      new Promise((resolve) => {
        link.attach({
          frame: (bytes) => void link.send(bytes),
          drain: () => undefined,
          close: resolve,
        });
      }),
    );
  });
  port = Number(listener.address.split(':')[2]);
});
afterAll(async () => {
  await Promise.all([server.close(), client.close()]);
  for (const socket of sockets) socket.close();
});

async function udpSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  sockets.push(socket);
  return socket;
}

async function honestPeerIsServed(): Promise<void> {
  const link = await client.dialer.dial(listener.address, identity.publicKey);
  const answer = Promise.withResolvers<Uint8Array>();
  link.attach({
    frame: answer.resolve,
    drain: () => undefined,
    close: ({ code }) => answer.reject(new Error(code ?? 'closed')),
  });
  link.send(Uint8Array.of(1, 2, 3));
  expect(await answer.promise).toEqual(Uint8Array.of(1, 2, 3));
  link.close();
}

/** A seeded number below `limit`. */
function below(rng: SeededRng, limit: number): number {
  return rng.uint32() % limit;
}

function randomBytes(rng: SeededRng, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(rng, 256)));
}

/** A new connection's next datagrams, as an engine would send them. */
function nextDatagrams(engine: ReturnType<typeof newEngine>): Buffer[] {
  const all: Buffer[] = [];
  for (;;) {
    const datagram = Buffer.alloc(1350);
    const made = engine.send(datagram);
    if (made === null) return all;
    all.push(datagram.subarray(0, made[0]));
  }
}

function newEngine(): ReturnType<typeof hostile.quiche.Connection.connect> {
  return hostile.quiche.Connection.connect(
    null,
    newConnectionId(),
    HERE,
    THERE,
    hostile.dialConfig,
  );
}

describe(`seed ${SEED}`, () => {
  test('any text is an address or not', () => {
    const rng = createSeededRng(primitives, SEED, 'addresses');
    const until = performance.now() + BUDGET_MS / 3;
    while (performance.now() < until) {
      const text = `quic:${randomBytes(rng, below(rng, 30)).toString('latin1')}`;
      expect(typeof parseQuicAddress(text).ok).toBe('boolean');
    }
  });

  test('datagrams of chance, and of handshakes gone wrong, leave the listener alone', async () => {
    const rng = createSeededRng(primitives, SEED, 'datagrams');
    const until = performance.now() + BUDGET_MS;
    let rounds = 0;
    while (performance.now() < until || rounds < 3) {
      rounds += 1;
      const socket = await udpSocket();
      const engine = newEngine();
      const [first = Buffer.alloc(0)] = nextDatagrams(engine);
      for (let i = 0; i < 20; i += 1) {
        const changed = Buffer.from(first);
        changed[below(rng, below(rng, 2) === 0 ? 64 : changed.length)] = below(rng, 256);
        socket.send(changed.subarray(0, below(rng, 4) === 0 ? below(rng, 1350) : undefined));
        socket.send(randomBytes(rng, 1 + below(rng, 1400)));
      }
      // With a token it gets further: the same again for the datagram that carries it.
      const answered = once(socket, 'message') as Promise<[Buffer]>;
      socket.send(first);
      engine.recv((await answered)[0], { from: THERE, to: HERE });
      const [second = Buffer.alloc(0)] = nextDatagrams(engine);
      for (let i = 0; i < 20; i += 1) {
        const changed = Buffer.from(second);
        changed[below(rng, changed.length)] = below(rng, 256);
        socket.send(changed);
      }
    }
    await honestPeerIsServed();
  });

  test('streams of chance from a proved peer end its link, with a code, and nothing else', async () => {
    const rng = createSeededRng(primitives, SEED, 'streams');
    const until = performance.now() + BUDGET_MS;
    let rounds = 0;
    while (performance.now() < until || rounds < 3) {
      rounds += 1;
      closes = [];
      const connection = await hostileConnection();
      const bytes = randomBytes(rng, 40 + below(rng, 400));
      // Past this length no frame may be.
      bytes[0] = 0x7f;
      connection.own({
        established: () => undefined,
        readable: () => undefined,
        writable: () => void connection.write(bytes),
        ended: () => undefined,
      });
      await expect.poll(() => closes.length).toBe(1);
      expect((await Promise.all(closes))[0]?.code).toBe('LINK_FRAME_TOO_LONG');
      connection.abandon();
    }
    await honestPeerIsServed();
  });
});

/** A connection that has proved its identity, and does from then on what a test wants. */
async function hostileConnection(): Promise<QuicConnection> {
  const socket = await udpSocket();
  const connection = new QuicConnection({
    engine: newEngine(),
    clock: systemClock,
    datagramBytesMax: 1350,
    keepAliveMs: 10_000,
    transmit: (datagram, done) => socket.send(datagram, done),
    onGone: () => undefined,
  });
  socket.on('message', (datagram) => connection.receive(datagram));
  await new Promise((resolve, reject) => {
    openLink({
      node: hostile,
      connection,
      role: 'dialer',
      address: listener.address,
      expected: identity.publicKey,
      onOpened: resolve,
      onRefused: reject,
    });
    connection.planFlush();
  });
  return connection;
}
