// The attackers, all at once: connections that never say who they are, garbage after a handshake, frames that claim
// gigabytes, proofs of work that are none, members of the mesh that read next to nothing while an accomplice sends to them, and one identity that wants a
// thousand links.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import type { Mesh } from '../../src/mesh/mesh.ts';
import { createTlsNode } from '../../src/platform/links/tls-node.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { anywhere, hostileDial, oneRack, rawDial, type Target } from './hostile-dial.ts';
import { identityOf, memberOf, pause, pretenderOf, PROTOCOL, silent } from './mesh-member.ts';

export interface Attack {
  readonly seconds: number;
  readonly halfOpenDials: number;
  readonly identityLinks: number;
  readonly slowReaders: number;
  /** Workers that send garbage, and as many that send frames too long, and that show worthless proofs. */
  readonly framers: number;
}

export interface Attacked {
  readonly halfOpenDials: number;
  readonly mostHalfOpen: number;
  readonly garbageLinks: number;
  readonly oversizedLinks: number;
  readonly worthlessProofs: number;
  readonly identityDials: number;
  readonly mostIdentityLinks: number;
  readonly slowReaders: number;
  readonly floodedBytes: number;
}

/** A dial that nobody ends is ended after so long, and another begun. */
const HELD_MS = 10_000;
/** How a slow reader reads. */
const SLOW_EVERY_MS = 200;
const SLOW_FOR_MS = 1;
const FLOOD_BYTES = 32 * 1024;
const FLOOD_EVERY_MS = 10;

const target: Target = { host: '127.0.0.1', port: Number(process.argv[2]) };
const counts = {
  halfOpenDials: 0,
  mostHalfOpen: 0,
  garbageLinks: 0,
  oversizedLinks: 0,
  worthlessProofs: 0,
  identityDials: 0,
  mostIdentityLinks: 0,
  slowReaders: 0,
  floodedBytes: 0,
};

function freshIdentity(): Identity {
  return identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
}

/** Dials evenly over the time; a third from one rack, the others from everywhere. They say nothing. */
async function halfOpen(dials: number, endMs: number): Promise<void> {
  const held = new Set<Socket>();
  const startMs = performance.now();
  while (performance.now() < endMs) {
    const due = Math.min(dials, (dials * (performance.now() - startMs)) / (endMs - startMs));
    for (; counts.halfOpenDials < due; counts.halfOpenDials += 1) {
      const from = counts.halfOpenDials % 3 === 0 ? oneRack() : anywhere();
      const socket = rawDial(target, from).resume();
      held.add(socket);
      socket.setTimeout(HELD_MS, () => socket.destroy());
      socket.on('close', () => held.delete(socket));
    }
    counts.mostHalfOpen = Math.max(counts.mostHalfOpen, held.size);
    await pause(5);
  }
  for (const socket of held) socket.destroy();
}

/** After a good handshake, what `send` sends, until the node ends it; then again as somebody else. */
async function frames(endMs: number, send: (socket: TLSSocket) => void): Promise<void> {
  while (performance.now() < endMs) {
    const socket = await hostileDial(target, anywhere(), freshIdentity());
    if (socket === null) {
      await pause(20);
      continue;
    }
    socket.resume();
    send(socket);
    const timer = setTimeout(() => socket.destroy(), HELD_MS);
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    clearTimeout(timer);
  }
}

function sendGarbage(socket: TLSSocket): void {
  counts.garbageLinks += 1;
  for (let i = 0; i < 20; i += 1) {
    const garbage = randomBytes(60);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(garbage.length);
    socket.write(Buffer.concat([length, garbage]));
  }
}

function sendOversized(socket: TLSSocket): void {
  counts.oversizedLinks += 1;
  socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff]));
  socket.write(Buffer.alloc(64 * 1024, 1));
}

/** Members of no worth: their proofs cost the node 13 ms of somebody's core each, and them a third of a millisecond. */
async function pretenders(endMs: number): Promise<void> {
  while (performance.now() < endMs) {
    const identity = freshIdentity();
    const mesh = pretenderOf(identity);
    const socket = await slowReader(identity, mesh);
    if (socket === null) await pause(20);
    else {
      counts.worthlessProofs += 1;
      const timer = setTimeout(() => socket.destroy(), HELD_MS);
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
      clearTimeout(timer);
    }
    mesh.stop();
  }
}

/** One identity, from everywhere, as many links as it can get. */
async function oneIdentity(links: number, endMs: number): Promise<void> {
  const identity = identityOf('many');
  const open = new Set<TLSSocket>();
  const worker = async (): Promise<void> => {
    while (performance.now() < endMs) {
      if (open.size >= links) {
        await pause(50);
        continue;
      }
      counts.identityDials += 1;
      const socket = await hostileDial(target, anywhere(), identity);
      if (socket === null) {
        await pause(20);
        continue;
      }
      open.add(socket.resume());
      socket.on('close', () => open.delete(socket));
      // In TLS 1.3 the dialer is done before the listener has looked at its key.
      await pause(100);
      counts.mostIdentityLinks = Math.max(counts.mostIdentityLinks, open.size);
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  for (const socket of open) socket.destroy();
}

/** A member of the mesh that reads for a millisecond five times a second, just enough to seem alive. */
async function slowReader(identity: Identity, mesh: Mesh): Promise<TLSSocket | null> {
  const secure = await hostileDial(target, anywhere(), identity);
  if (secure === null) return null;
  const remoteKey = secure
    .getPeerX509Certificate()
    ?.publicKey.export({ type: 'spki', format: 'der' });
  const node = createTlsNode({ primitives, identity, clock: systemClock, logger: silent });
  const link = node.linkOf(
    {
      secure,
      role: 'dialer',
      remoteKey: new Uint8Array(remoteKey ?? []).slice(-32),
      remoteAddress: 'victim',
    },
    () => undefined,
  );
  mesh.addLink(link);
  return secure;
}

/** Dials until one comes through. */
async function patiently(
  endMs: number,
  dial: () => Promise<TLSSocket | null>,
): Promise<TLSSocket | null> {
  for (;;) {
    const socket = await dial();
    if (socket !== null || performance.now() >= endMs) return socket;
    await pause(20);
  }
}

async function slowReaders(
  readers: readonly (readonly [Identity, Mesh])[],
  endMs: number,
): Promise<void> {
  const sockets: TLSSocket[] = [];
  for (const [identity, mesh] of readers) {
    const socket = await patiently(endMs, () => slowReader(identity, mesh));
    if (socket !== null) sockets.push(socket);
    counts.slowReaders = sockets.length;
  }
  await pause(2_000);
  while (performance.now() < endMs) {
    for (const socket of sockets) socket.pause();
    await pause(SLOW_EVERY_MS);
    for (const socket of sockets) socket.resume();
    await pause(SLOW_FOR_MS);
  }
  for (const [, mesh] of readers) mesh.stop();
  for (const socket of sockets) socket.destroy();
}

/** Sends to the slow readers, one after the other, through the node. */
async function accomplice(
  identity: Identity,
  mesh: Mesh,
  readers: readonly (readonly [Identity, Mesh])[],
  endMs: number,
): Promise<void> {
  const socket = await patiently(endMs, () => slowReader(identity, mesh));
  const payload = new Uint8Array(FLOOD_BYTES);
  while (performance.now() < endMs) {
    for (const [reader] of readers) {
      if (mesh.send(reader.publicKey, PROTOCOL, payload).ok) counts.floodedBytes += FLOOD_BYTES;
    }
    await pause(FLOOD_EVERY_MS);
  }
  mesh.stop();
  socket?.destroy();
}

async function attack(
  plan: Attack,
  members: readonly (readonly [Identity, Mesh])[],
): Promise<void> {
  const endMs = performance.now() + 1000 * plan.seconds;
  const [first, ...readers] = members;
  const framers = Array.from({ length: plan.framers }, (_, i) => i);
  await Promise.all([
    halfOpen(plan.halfOpenDials, endMs),
    oneIdentity(plan.identityLinks, endMs),
    ...framers.map(() => frames(endMs, sendGarbage)),
    ...framers.map(() => frames(endMs, sendOversized)),
    ...framers.map(() => pretenders(endMs)),
    slowReaders(readers, endMs),
    first === undefined ? null : accomplice(...first, readers, endMs),
  ]);
}

process.on('disconnect', () => process.exit());
process.on('message', (plan: Attack) => {
  const members = Array.from({ length: plan.slowReaders + 1 }, (_, i) => {
    const identity = identityOf(`slow reader ${i}`);
    return [identity, memberOf(identity)] as const;
  });
  process.send?.('attacking');
  void attack(plan, members).then(() => process.send?.(counts));
});
process.send?.('ready');
