// A TLS listener against bytes that no honest peer sends: it survives, it forgets them, and it still accepts an honest
// peer. Time budget: BITCRAPS_FUZZ_MS for each part; a failure prints the seed, BITCRAPS_FUZZ_SEED replays it.

import { once } from 'node:events';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { Link, LinkClose, Listener } from '../../src/env/link.ts';
import { certificateOf, pem, privateKeyOf } from '../../src/platform/links/certificate.ts';
import { createTls, type Tls } from '../../src/platform/links/tls.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSeededRng, type SeededRng } from '../../src/sim/seeded-rng.ts';
import { frameLengthPrefix } from '../../src/wire/stream-framing.ts';

const BUDGET_MS = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const SEED = Number(process.env['BITCRAPS_FUZZ_SEED'] ?? systemClock.wallMs() % 2 ** 31);
const FRAME_BYTES_MAX = 4096;

const identity = identityFromSeed(primitives, new Uint8Array(32).fill(5));
const hostileIdentity = identityFromSeed(primitives, new Uint8Array(32).fill(6));
let server: Tls;
let client: Tls;
let listener: Listener;
let port: number;
let links: { readonly link: Link; readonly closed: Promise<LinkClose>; frames: number }[] = [];

async function tlsOf(of: typeof identity): Promise<Tls> {
  return createTls({
    primitives,
    identity: of,
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    bounds: { frameBytesMax: FRAME_BYTES_MAX, handshakeTimeoutMs: 1000 },
  });
}

beforeAll(async () => {
  server = await tlsOf(identity);
  client = await tlsOf(hostileIdentity);
  listener = await server.listen('127.0.0.1:0', (link) => {
    const closed = new Promise<LinkClose>((resolve) => {
      link.attach({
        frame: (bytes) => {
          entry.frames += 1;
          link.send(bytes);
        },
        drain: () => undefined,
        close: resolve,
      });
    });
    const entry = { link, closed, frames: 0 };
    links.push(entry);
  });
  port = Number(listener.address.split(':')[1]);
});
afterAll(() => Promise.all([server.close(), client.close()]));

/** An honest peer is still served: it sends a frame and hears it back. */
async function expectService(): Promise<void> {
  const link = await client.dialer.dial(listener.address, identity.publicKey);
  const echo = new Promise<Uint8Array>((resolve, reject) => {
    link.attach({
      frame: resolve,
      drain: () => undefined,
      close: ({ code, detail }) => reject(new Error(`${code}: ${detail}`)),
    });
  });
  link.send(Uint8Array.of(1, 2, 3));
  expect(await echo).toEqual(Uint8Array.of(1, 2, 3));
  link.destroy({ code: null, detail: 'done' });
}

function bytesOf(rng: SeededRng, bytesMax: number): Uint8Array {
  return Uint8Array.from({ length: 1 + (rng.uint32() % bytesMax) }, () => rng.uint32() & 0xff);
}

async function fuzz(name: string, attack: (rng: SeededRng) => Promise<void>): Promise<void> {
  const rng = createSeededRng(primitives, SEED, name);
  const endMs = systemClock.now() + BUDGET_MS;
  let rounds = 0;
  try {
    do {
      await attack(rng);
      rounds += 1;
      if (rounds % 16 === 0) await expectService();
    } while (systemClock.now() < endMs);
    await expectService();
  } catch (error) {
    throw new Error(`round ${rounds}, replay with BITCRAPS_FUZZ_SEED=${SEED}`, { cause: error });
  }
}

/** Closed, whichever way: by the other end, or by a reset. */
async function over(socket: Socket): Promise<void> {
  if (socket.closed) return;
  await new Promise((resolve) => {
    socket.once('close', resolve);
  });
}

/** Sends `bytes`, lets the listener look at them, and goes: rarely in order, since that waits for the deadline. */
async function cutOff(socket: Socket, bytes: Uint8Array, rng: SeededRng): Promise<void> {
  socket.write(bytes);
  for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
  if (rng.chance(0.02)) socket.end();
  else socket.resetAndDestroy();
  await over(socket);
}

function ignoreErrors<T extends Socket>(socket: T): T {
  socket.on('error', () => undefined);
  return socket.resume();
}

async function hostile(): Promise<TLSSocket> {
  const socket = ignoreErrors(
    connectTls({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      cert: pem('CERTIFICATE', certificateOf(primitives, hostileIdentity)),
      key: privateKeyOf(hostileIdentity).export({ format: 'pem', type: 'pkcs8' }),
      ALPNProtocols: ['bitcraps'],
    }),
  );
  await once(socket, 'secureConnect');
  return socket;
}

/** The newest link, once the listener has it. */
async function newest(count: number): Promise<(typeof links)[0]> {
  for (;;) {
    const entry = links[count];
    if (entry !== undefined) return entry;
    await new Promise(setImmediate);
  }
}

describe('a TLS listener survives', () => {
  test('garbage on the TCP port', () =>
    fuzz('tcp', async (rng) => {
      const socket = ignoreErrors(connectTcp(port, '127.0.0.1'));
      await once(socket, 'connect');
      const bytes = bytesOf(rng, 2000);
      // Half of them look like the beginning of a TLS record, so that they get further.
      if (rng.chance(0.5)) bytes.set(Uint8Array.of(22, 3, 1, 0, 200, 1).subarray(0, bytes.length));
      await cutOff(socket, bytes, rng);
    }));

  test('a handshake that is cut off or damaged on the way', () =>
    fuzz('handshake', async (rng) => {
      // A real client whose bytes pass through a wire that breaks one of them, or stops.
      const upstream = ignoreErrors(connectTcp(port, '127.0.0.1'));
      await once(upstream, 'connect');
      const hello = await clientHello();
      const at = rng.uint32() % hello.length;
      if (rng.chance(0.5)) hello[at] = (hello[at] ?? 0) ^ (1 << (rng.uint32() % 8));
      else hello.fill(0, at);
      await cutOff(upstream, hello, rng);
    }));

  test('garbage frames after the handshake: the link breaks or carries them, nothing else', () =>
    fuzz('frames', async (rng) => {
      const count = links.length;
      const socket = await hostile();
      const entry = await newest(count);
      for (let i = rng.uint32() % 8; i >= 0; i -= 1) {
        const bytes = bytesOf(rng, 3 * FRAME_BYTES_MAX);
        if (rng.chance(0.7)) {
          socket.write(frameLengthPrefix(Math.min(bytes.length, FRAME_BYTES_MAX)));
          socket.write(bytes.subarray(0, FRAME_BYTES_MAX));
        } else socket.write(bytes);
      }
      if (rng.chance(0.5)) socket.end();
      else socket.destroy();
      const { code } = await entry.closed;
      expect(code).toMatch(/^(LINK_RESET|LINK_FRAME_TOO_LONG|WIRE_FRAME_EMPTY)$/);
      await over(socket);
    }));

  test('length prefixes of up to 4 GiB: refused before a byte is kept for them', () =>
    fuzz('prefixes', async (rng) => {
      const count = links.length;
      const socket = await hostile();
      const entry = await newest(count);
      const claimed = FRAME_BYTES_MAX + 1 + (rng.uint32() % (2 ** 32 - FRAME_BYTES_MAX - 1));
      const cut = rng.uint32() % 4;
      const prefix = frameLengthPrefix(claimed);
      socket.write(prefix.subarray(0, cut));
      socket.write(prefix.subarray(cut));
      expect((await entry.closed).code).toBe('LINK_FRAME_TOO_LONG');
      expect(entry.frames).toBe(0);
      await over(socket);
      links = links.slice(-1);
    }));
});

/** The first flight of an honest client, as bytes. */
async function clientHello(): Promise<Buffer> {
  const sink = createServer().listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const address = sink.address();
  const sinkPort = typeof address === 'object' && address !== null ? address.port : 0;
  const dial = client.dialer.dial(`127.0.0.1:${sinkPort}`, null).catch(() => undefined);
  const [socket] = (await once(sink, 'connection')) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  sink.close();
  await dial;
  return bytes;
}
