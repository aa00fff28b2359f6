// A WebSocket listener against bytes that no honest peer sends: it survives, it forgets them, and it still accepts an
// honest peer. Time budget: BITCRAPS_FUZZ_MS for each part; a failure prints the seed, BITCRAPS_FUZZ_SEED replays it.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { utf8 } from '../../src/core/bytes.ts';
import {
  createIdentityHandshake,
  type IdentityHandshake,
} from '../../src/crypto/noise-identity.ts';
import { createRecordOpener, createRecordSealer } from '../../src/crypto/noise-records.ts';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { LinkClose, Listener } from '../../src/env/link.ts';
import { parseWebSocketAddress } from '../../src/platform/links/websocket/websocket-address.ts';
import { createWebSockets, type WebSockets } from '../../src/platform/links/websocket/websocket.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { createSeededRng, type SeededRng } from '../../src/sim/seeded-rng.ts';
import { silentLogger } from '../suites/mesh-rig.ts';

const BUDGET_MS = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const SEED = Number(process.env['BITCRAPS_FUZZ_SEED'] ?? systemClock.wallMs() % 2 ** 31);
const FRAME_BYTES_MAX = 4096;
const PROLOGUE = utf8('bitcraps/websocket/1');

const identity = identityFromSeed(primitives, new Uint8Array(32).fill(5));
const hostileIdentity = identityFromSeed(primitives, new Uint8Array(32).fill(6));
let server: WebSockets;
let client: WebSockets;
let listener: Listener;
let port: number;
let links: { readonly closed: Promise<LinkClose>; frames: number }[] = [];

function socketsOf(of: typeof identity): WebSockets {
  return createWebSockets({
    primitives,
    identity: of,
    clock: systemClock,
    rng: systemRng,
    logger: silentLogger,
    bounds: { frameBytesMax: FRAME_BYTES_MAX, handshakeTimeoutMs: 1000, closeTimeoutMs: 200 },
  });
}

beforeAll(async () => {
  server = socketsOf(identity);
  client = socketsOf(hostileIdentity);
  listener = await server.listen('ws:127.0.0.1:0', (link) => {
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
    const entry = { closed, frames: 0 };
    links.push(entry);
  });
  port = Number(listener.address.split(':')[2]);
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

/** `bytes` with a bit turned, a piece missing, or some more at the end. */
function damaged(bytes: Uint8Array, rng: SeededRng): Uint8Array {
  const at = rng.uint32() % bytes.length;
  const way = rng.uint32() % 3;
  if (way === 0) return bytes.with(at, (bytes[at] ?? 0) ^ (1 << (rng.uint32() % 8)));
  return way === 1 ? bytes.subarray(0, at) : Uint8Array.from([...bytes, ...bytesOf(rng, 50)]);
}

async function fuzz(name: string, attack: (rng: SeededRng) => Promise<void> | void): Promise<void> {
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

/** Sends `bytes`, lets the listener look at them, and goes: rarely in order, since that waits for the deadline. */
async function cutOff(socket: Socket, bytes: Uint8Array, rng: SeededRng): Promise<void> {
  socket.write(bytes);
  for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
  if (rng.chance(0.02)) socket.end();
  else socket.resetAndDestroy();
  if (!socket.closed) await once(socket, 'close');
}

function tcp(): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  return socket.resume();
}

const REQUEST = [
  'GET /mesh HTTP/1.1',
  'Host: node.example',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Protocol: bitcraps',
  '\r\n',
].join('\r\n');

async function upgraded(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/mesh`, ['bitcraps']);
  socket.on('error', () => undefined);
  await once(socket, 'open');
  return socket;
}

function handshakeOf(role: 'initiator' | 'responder'): IdentityHandshake {
  const parts = { primitives, rng: systemRng, prologue: PROLOGUE, expected: null };
  return createIdentityHandshake({ ...parts, role, identity: hostileIdentity });
}

async function over(socket: WebSocket): Promise<void> {
  if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
}

/** A proved peer that seals what it likes. */
async function proved(): Promise<{
  readonly socket: WebSocket;
  readonly seal: (content: Uint8Array) => Uint8Array;
  readonly entry: (typeof links)[0];
}> {
  const count = links.length;
  const socket = await upgraded();
  const handshake = handshakeOf('initiator');
  socket.send(handshake.begin() ?? new Uint8Array(0));
  const [answer] = (await once(socket, 'message')) as [Buffer];
  const step = handshake.receive(new Uint8Array(answer));
  if (step.kind !== 'proved' || step.message === null) throw new Error(step.kind);
  socket.send(step.message);
  const sealer = createRecordSealer(primitives, step.peer.keys.send);
  for (;;) {
    const entry = links[count];
    if (entry !== undefined) return { socket, seal: (content) => sealer.seal(content), entry };
    await new Promise(setImmediate);
  }
}

describe('a WebSocket listener survives', () => {
  test('garbage on the TCP port, and requests that are damaged', () =>
    fuzz('request', async (rng) => {
      const socket = tcp();
      await once(socket, 'connect');
      const bytes = rng.chance(0.3) ? bytesOf(rng, 2000) : damaged(utf8(REQUEST), rng);
      await cutOff(socket, bytes, rng);
    }));

  test('garbage instead of WebSocket frames', () =>
    fuzz('frames', async (rng) => {
      const socket = tcp();
      await once(socket, 'connect');
      socket.write(REQUEST);
      const bytes = bytesOf(rng, 3000);
      // Most begin as a masked binary message, a ping or a close does, so that they get further.
      if (rng.chance(0.8)) {
        bytes[0] = [0x82, 0x02, 0x80, 0x89, 0x88][rng.uint32() % 5] ?? 0;
        bytes[1] = 0x80 | (rng.uint32() % 128);
      }
      await cutOff(socket, bytes, rng);
    }));

  test('messages that are no handshake, or a damaged one', () =>
    fuzz('handshake', async (rng) => {
      const socket = await upgraded();
      const handshake = handshakeOf('initiator');
      const first = handshake.begin() ?? new Uint8Array(0);
      const cut = rng.uint32() % 3;
      if (cut === 0) socket.send(rng.chance(0.5) ? bytesOf(rng, 300) : damaged(first, rng));
      else {
        socket.send(first);
        const [answer] = (await once(socket, 'message')) as [Buffer];
        const step = handshake.receive(new Uint8Array(answer));
        if (step.kind !== 'proved' || step.message === null) throw new Error(step.kind);
        socket.send(cut === 1 ? damaged(step.message, rng) : bytesOf(rng, 300));
      }
      // A damaged first message may be another key: then the listener answers, and waits.
      if (cut === 0) socket.terminate();
      await over(socket);
    }));

  test('records that are damaged, and sealed records of nonsense', () =>
    fuzz('records', async (rng) => {
      const { socket, seal, entry } = await proved();
      for (let i = rng.uint32() % 4; i > 0; i -= 1) {
        const content = bytesOf(rng, 2 * FRAME_BYTES_MAX);
        // Most claim a length that may pass.
        if (content.length > 4 && rng.chance(0.8)) content.set([0, 0, rng.uint32() % 20, 9]);
        socket.send(seal(content));
      }
      if (rng.chance(0.5)) socket.send(damaged(seal(bytesOf(rng, 300)), rng));
      socket.terminate();
      const { code } = await entry.closed;
      expect(code).toMatch(
        /^(LINK_RESET|LINK_RECORD_REFUSED|LINK_FRAME_TOO_LONG|WIRE_FRAME_EMPTY)$/,
      );
      await over(socket);
      links = links.slice(-1);
    }));
});

describe('decoders never throw', () => {
  test('an identity handshake takes any bytes, in either role and at any step', () =>
    fuzz('steps', (rng) => {
      const initiator = handshakeOf('initiator');
      const responder = handshakeOf('responder');
      const first = initiator.begin() ?? new Uint8Array(0);
      const bytes = rng.chance(0.5) ? bytesOf(rng, 70_000) : damaged(first, rng);
      const answer = responder.receive(bytes);
      expect(['reply', 'refused']).toContain(answer.kind);
      if (answer.kind === 'reply') {
        expect(initiator.receive(damaged(answer.message, rng)).kind).toBe('refused');
        expect(responder.receive(bytesOf(rng, 200)).kind).toBe('refused');
      }
    }));

  test('a record is opened only as it was sealed', () =>
    fuzz('opening', (rng) => {
      const key = new Uint8Array(32).fill(rng.uint32());
      const record = createRecordSealer(primitives, key).seal(bytesOf(rng, 500));
      const opener = createRecordOpener(primitives, key);
      expect(opener.open(damaged(record, rng))).toBeNull();
      expect(opener.open(bytesOf(rng, 70_000))).toBeNull();
      expect(opener.open(record)).not.toBeNull();
    }));

  test('any text is an address or not', () =>
    fuzz('address', (rng) => {
      const text = String.fromCharCode(...bytesOf(rng, 40));
      const result = parseWebSocketAddress(rng.chance(0.5) ? `ws:${text}` : text);
      expect(typeof result.ok).toBe('boolean');
    }));
});
