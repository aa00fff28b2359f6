// The gate in front of real sockets: who has to work before a handshake, and what a listener that is pressed answers.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { Link } from '../../src/env/link.ts';
import { createAdmissionGate, type NodeGate } from '../../src/gateway/admission/gate.ts';
import type { AdmissionLimits } from '../../src/gateway/admission/limits.ts';
import { createTls, type Tls } from '../../src/platform/links/tls.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { createMetrics } from '../../src/platform/node/metrics.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { press } from '../suites/pressed-gate.ts';
import { decodeKnock, encodeKnock, KNOCK_BYTES } from '../../src/wire/knock.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

interface Node {
  readonly key: Uint8Array;
  readonly tls: Tls;
  readonly gate: NodeGate;
}

async function node(limits: Partial<AdmissionLimits> = {}): Promise<Node> {
  const identity = identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
  const logger = createLogger({ level: 'silent' });
  const gate = createAdmissionGate(
    { self: identity.publicKey, limits },
    { primitives, clock: systemClock, rng: systemRng, metrics: createMetrics() },
  );
  const tls = await createTls({ primitives, identity, clock: systemClock, logger, gate });
  opened.push(tls);
  return { key: identity.publicKey, tls, gate };
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

function socketTo(address: string): Socket {
  const socket = connect(portOf(address), '127.0.0.1');
  socket.on('error', () => undefined);
  opened.push({ close: () => socket.destroy() });
  return socket;
}

/** All that comes until the end. */
async function replyTo(address: string, bytes: Uint8Array): Promise<Uint8Array> {
  const socket = socketTo(address);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  socket.write(bytes);
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

describe('a listener under load', () => {
  test('lets a dialer in that does the work, and nobody who does not', async () => {
    const [a, b] = [await node(), await node({ puzzleBitsMax: 12 })];
    const accepted = Promise.withResolvers<Link>();
    const { address } = await b.tls.listen('127.0.0.1:0', accepted.resolve);
    press(b.gate);
    expect(b.gate.report().puzzleBits).toBe(10);
    const link = await a.tls.dialer.dial(address, b.key);
    expect(link.remoteKey).toEqual(b.key);
    expect((await accepted.promise).remoteKey).toEqual(a.key);
    const { admitted, refused } = b.gate.report();
    expect(admitted).toBe(1);
    expect(refused).toEqual({ challenged: 1 });
  });

  test('answers garbage, silence and an ask with less than it got', async () => {
    const b = await node();
    const { address } = await b.tls.listen('127.0.0.1:0', () => expect.unreachable());
    press(b.gate);
    const hello = Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0);
    expect(await replyTo(address, hello)).toEqual(Buffer.from([0x15, 3, 3, 0, 2, 2, 0x47]));
    const challenge = await replyTo(address, encodeKnock({ kind: 'ask' }));
    expect(challenge).toHaveLength(KNOCK_BYTES);
    expect(decodeKnock(challenge)?.kind).toBe('challenge');
    const answer = { dialer: b.key, cookie: new Uint8Array(29), solution: new Uint8Array(8) };
    expect(await replyTo(address, encodeKnock({ kind: 'answer', ...answer }))).toHaveLength(0);
    const silent = socketTo(address);
    await once(silent.resume(), 'close');
    expect(b.gate.report()).toMatchObject({ links: 0, halfOpen: 0 });
  });

  test('asks a dialer that was promised another identity for nothing', async () => {
    const [a, b, c] = [await node(), await node(), await node()];
    const { address } = await b.tls.listen('127.0.0.1:0', () => expect.unreachable());
    press(b.gate);
    await expect(a.tls.dialer.dial(address, c.key)).rejects.toMatchObject({
      code: 'LINK_HANDSHAKE_FAILED',
    });
  });
});

test('one identity has so many links and no more, and gets a place again', async () => {
  const [a, b] = [await node(), await node({ linksPerIdentityMax: 2 })];
  let accepted = Promise.withResolvers<void>();
  const { address } = await b.tls.listen('127.0.0.1:0', (link) => {
    link.attach({ frame: () => undefined, drain: () => undefined, close: () => undefined });
    accepted.resolve();
  });
  const links = [await a.tls.dialer.dial(address, b.key), await a.tls.dialer.dial(address, b.key)];
  const third = await a.tls.dialer.dial(address, b.key);
  const ended = new Promise((resolve) => {
    third.attach({ frame: () => undefined, drain: () => undefined, close: resolve });
  });
  await ended;
  expect(b.gate.report()).toMatchObject({ links: 2, refused: { 'links-of-identity': 1 } });
  const [first] = links;
  const closed = new Promise((resolve) => {
    first?.attach({ frame: () => undefined, drain: () => undefined, close: resolve });
  });
  first?.close();
  await closed;
  accepted = Promise.withResolvers();
  await a.tls.dialer.dial(address, b.key);
  await accepted.promise;
  expect(b.gate.report().admitted).toBe(3);
});
