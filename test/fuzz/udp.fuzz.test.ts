// A UDP listener against packets that no honest peer sends, before and after the handshake, and the decoders beneath it.
// Time budget: BITCRAPS_FUZZ_MS for each part; a failure prints the seed, BITCRAPS_FUZZ_SEED replays it.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import UdxNative from 'udx-native';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { Link, LinkClose, Listener } from '../../src/env/link.ts';
import type { SecretStream } from '../../src/platform/dht/hyperdht-api.ts';
import { networkContext, openRecord, recordPlace } from '../../src/crypto/table-record.ts';
import { MESSAGE_BYTES_MAX } from '../../src/platform/links/udp/bounded-secret-stream.ts';
import { decodeLinkHello, encodeLinkHello } from '../../src/platform/links/udp/link-hello.ts';
import { decodeOpening, encodeOpening } from '../../src/platform/links/udp/opening-message.ts';
import { createUdp, type Udp } from '../../src/platform/links/udp/udp.ts';
import { parseUdpAddress } from '../../src/platform/links/udp/udp-address.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { createSeededRng, type SeededRng } from '../../src/sim/seeded-rng.ts';
import { frameLengthPrefix } from '../../src/wire/stream-framing.ts';

const BUDGET_MS = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const SEED = Number(process.env['BITCRAPS_FUZZ_SEED'] ?? systemClock.wallMs() % 2 ** 31);
const FRAME_BYTES_MAX = 4096;

const identity = identityFromSeed(primitives, new Uint8Array(32).fill(5));
const hostileIdentity = identityFromSeed(primitives, new Uint8Array(32).fill(6));
let server: Udp;
let client: Udp;
let listeners: Listener[];
let port: number;
let socket: Socket;
let closes: string[] = [];

function udpOf(of: typeof identity): Promise<Udp> {
  return createUdp({
    primitives,
    identity: of,
    clock: systemClock,
    rng: systemRng,
    logger: createLogger({ level: 'silent' }),
    bounds: { frameBytesMax: FRAME_BYTES_MAX, handshakeTimeoutMs: 1000 },
  });
}

function echo(link: Link): void {
  link.attach({
    frame: (bytes) => void link.send(bytes),
    drain: () => undefined,
    close: ({ code }: LinkClose) => void closes.push(code ?? 'null'),
  });
}

beforeAll(async () => {
  server = await udpOf(identity);
  client = await udpOf(hostileIdentity);
  const first = await server.listen('udp:127.0.0.1:0', echo);
  listeners = [first, await server.listen(first.address.replace('udp:', 'udp-datagram:'), echo)];
  port = Number(first.address.split(':')[2]);
  socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
});
afterAll(async () => {
  socket.close();
  await Promise.all([server.close(), client.close()]);
});

/** An honest peer is still served, in both ways: it sends a frame and hears it back. */
async function expectService(): Promise<void> {
  for (const { address } of listeners) {
    const link = await client.dialer.dial(address, identity.publicKey);
    const heard = new Promise<Uint8Array>((resolve, reject) => {
      link.attach({
        frame: resolve,
        drain: () => undefined,
        close: ({ code, detail }) => reject(new Error(`${code}: ${detail}`)),
      });
    });
    link.send(Uint8Array.of(1, 2, 3));
    expect(await heard).toEqual(Uint8Array.of(1, 2, 3));
    link.destroy({ code: null, detail: 'done' });
  }
}

function bytesOf(rng: SeededRng, bytesMax: number): Uint8Array {
  return Uint8Array.from({ length: rng.uint32() % bytesMax }, () => rng.uint32() & 0xff);
}

async function fuzz(name: string, attack: (rng: SeededRng) => Promise<void> | void): Promise<void> {
  const rng = createSeededRng(primitives, SEED, name);
  const endMs = systemClock.now() + BUDGET_MS;
  let rounds = 0;
  try {
    do {
      await attack(rng);
      rounds += 1;
    } while (systemClock.now() < endMs);
    await expectService();
  } catch (error) {
    throw new Error(`round ${rounds}, replay with BITCRAPS_FUZZ_SEED=${SEED}`, { cause: error });
  }
}

function nonceOf(rng: SeededRng): Uint8Array {
  return Uint8Array.from({ length: 8 }, () => rng.uint32() & 0xff);
}

/** A stream to the listener as a dialer has it who went through probe, cookie and open. */
async function hostileStream(
  rng: SeededRng,
): Promise<{ raw: SecretStream; over: () => Promise<void> }> {
  const udx = new UdxNative();
  const own = udx.createSocket();
  own.bind(0, '127.0.0.1');
  const { default: RawStreamSet } = await import('hyperdht/lib/raw-stream-set.js');
  const stream = new RawStreamSet({ udx }).add({ framed: true });
  stream.on('error', () => undefined);
  const nonce = nonceOf(rng);
  const opened = Promise.withResolvers<number>();
  own.on('message', (bytes) => {
    const reply = decodeOpening(bytes);
    if (reply?.kind === 'cookie') {
      const open = {
        kind: 'open',
        nonce,
        stream: stream.id,
        cookie: reply.cookie,
        answer: null,
      } as const;
      own.trySend(Buffer.from(encodeOpening(open)), port, '127.0.0.1');
    } else if (reply?.kind === 'accept') opened.resolve(reply.stream);
  });
  const probe = encodeOpening({ kind: 'probe', nonce, stream: stream.id });
  const knock = (): void => {
    own.trySend(Buffer.from(probe), port, '127.0.0.1');
  };
  knock();
  // Loopback loses packets, too, when a listener has more to read than its socket holds.
  const again = setInterval(knock, 2_000);
  const theirs = await opened.promise.finally(() => clearInterval(again));
  stream.connect(own, theirs, port, '127.0.0.1');
  const keyPair = {
    publicKey: Buffer.from(hostileIdentity.publicKey),
    secretKey: Buffer.from(hostileIdentity.secretKey),
  };
  const secret = new NoiseSecretStream(true, stream, { keyPair, pattern: 'XX' });
  secret.on('error', () => undefined);
  return {
    raw: secret,
    async over() {
      secret.destroy();
      await own.close();
    },
  };
}

/** The attacker's end has closed. One whose notice of the other end's was lost gives up after a while. */
function closeOf(stream: SecretStream): Promise<void> {
  return new Promise((resolve) => {
    const givesUp = systemClock.after(5_000, () => stream.destroy());
    stream.on('close', () => {
      givesUp.cancel();
      resolve();
    });
  });
}

/** Whether the listener's end was told that a link ended; where that is not so in some seconds, the link never was one. */
async function hasClosed(): Promise<boolean> {
  const endMs = systemClock.now() + 5_000;
  while (closes.length === 0 && systemClock.now() < endMs) await new Promise(setImmediate);
  return closes.length > 0;
}

describe('decoders', () => {
  test('take any bytes and any text', () =>
    fuzz('decoders', (rng) => {
      const { publicKey } = identity;
      const place = recordPlace(primitives, networkContext('fuzz'), publicKey);
      for (let i = 0; i < 100; i += 1) {
        const bytes = bytesOf(rng, 1100);
        const opening = Uint8Array.from(
          { length: [14, 17, 29, 87, 112][rng.uint32() % 5] ?? 0 },
          () => (rng.chance(0.5) ? 0 : rng.uint32() & 0xff),
        );
        opening.set(
          Uint8Array.of(0x42, 0x43, 0x55, 1, rng.uint32() % 8).subarray(0, opening.length),
        );
        for (const one of [bytes, opening]) {
          const read = decodeOpening(one);
          if (read !== null) expect(encodeOpening(read)).toEqual(one);
        }
        const hello = bytesOf(rng, 40);
        hello.set(utf8('bcu1').subarray(0, hello.length));
        const greeted = decodeLinkHello(hello);
        if (greeted !== null) expect(encodeLinkHello(greeted)).toEqual(hello);
        if (place !== null) expect(openRecord(primitives, place, 1n, bytes)).toBeNull();
        const text = `udp:${String.fromCharCode(...bytes.subarray(0, 60))}`;
        for (const one of [text, text.slice(4), `dht:${text}`]) {
          expect(typeof parseUdpAddress(one).ok).toBe('boolean');
        }
      }
      expect(place).not.toBeNull();
    }));
});

describe('a UDP listener survives', () => {
  test('garbage on its port, also such as looks like UDX and like an opening', () =>
    fuzz('packets', async (rng) => {
      for (let i = 0; i < 20; i += 1) {
        const bytes = bytesOf(rng, 1400);
        const head = rng.uint32() % 3;
        if (head === 1) bytes.set(Uint8Array.of(255, 1).subarray(0, bytes.length));
        if (head === 2) bytes.set(Uint8Array.of(0x42, 0x43, 0x55, 1).subarray(0, bytes.length));
        socket.send(bytes, port, '127.0.0.1');
      }
      const nonce = nonceOf(rng);
      socket.send(encodeOpening({ kind: 'probe', nonce, stream: rng.uint32() }), port, '127.0.0.1');
      const cookie = Uint8Array.from({ length: 16 }, () => rng.uint32() & 0xff);
      const open = { kind: 'open', nonce, stream: rng.uint32(), cookie, answer: null } as const;
      socket.send(encodeOpening(open), port, '127.0.0.1');
      await new Promise(setImmediate);
    }));

  test('a stream that carries garbage instead of a hello, or nothing', () =>
    fuzz('hellos', async (rng) => {
      const { raw, over } = await hostileStream(rng);
      const ended = closeOf(raw);
      const hello = encodeLinkHello({ mode: 'reliable', datagramKey: new Uint8Array(32) });
      const at = rng.uint32() % 5;
      hello[at] = (hello[at] ?? 0) ^ (1 + (rng.uint32() % 100) * 2);
      if (rng.chance(0.5)) raw.write(Buffer.from(hello));
      else raw.write(Buffer.from(bytesOf(rng, 3000)));
      if (rng.chance(0.2)) raw.destroy();
      await ended;
      await over();
    }));

  test('garbage frames after the handshake: the link breaks or carries them, nothing else', () =>
    fuzz('frames', async (rng) => {
      closes = [];
      const { raw, over } = await hostileStream(rng);
      const ended = closeOf(raw);
      const mode = rng.chance(0.7) ? 'reliable' : 'datagram';
      raw.write(Buffer.from(encodeLinkHello({ mode, datagramKey: new Uint8Array(32) })));
      for (let i = rng.uint32() % 6; i >= 0; i -= 1) {
        const bytes = bytesOf(rng, 3 * FRAME_BYTES_MAX);
        if (rng.chance(0.5) && bytes.length > 0) {
          raw.write(Buffer.from(frameLengthPrefix(Math.min(bytes.length, FRAME_BYTES_MAX))));
        }
        raw.write(Buffer.from(bytes));
      }
      if (rng.chance(0.3)) raw.write(Buffer.alloc(100_000));
      raw.end();
      await ended;
      await over();
      if (!(await hasClosed())) return;
      expect(closes[0]).toMatch(/^(null|LINK_RESET|LINK_FRAME_TOO_LONG|WIRE_FRAME_EMPTY)$/);
    }));

  test('messages of up to 16 MiB that are announced and never come: the link breaks at once', () =>
    fuzz('lengths', async (rng) => {
      closes = [];
      const { raw, over } = await hostileStream(rng);
      const ended = closeOf(raw);
      const established = new Promise((resolve) => {
        raw.on('data', resolve);
      });
      raw.write(
        Buffer.from(encodeLinkHello({ mode: 'reliable', datagramKey: new Uint8Array(32) })),
      );
      await established;
      const claimed = MESSAGE_BYTES_MAX + 18 + (rng.uint32() % (2 ** 24 - MESSAGE_BYTES_MAX - 18));
      const head = Buffer.alloc(3);
      head.writeUIntLE(claimed, 0, 3);
      (raw.rawStream as unknown as { write(bytes: Buffer): void }).write(head);
      await ended;
      await over();
      if (!(await hasClosed())) return;
      expect(new Set(closes)).toEqual(new Set(['LINK_RESET']));
    }));
});
