// Discovery over real multicast: two processes on one machine find each other, and one hears the other go.

import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { FoundNode } from '../../src/env/discovery.ts';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import { createMdns } from '../../src/platform/discovery/mdns.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';

const GROUP = '224.0.0.251';
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A free UDP port, so that the test neither hears nor disturbs the mDNS of this machine. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Why multicast does not come back to this machine, or `null` if it does. */
async function multicastFault(): Promise<string | null> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    socket.bind(0);
    await once(socket, 'listening');
    socket.addMembership(GROUP);
    const heard = once(socket, 'message', { signal: AbortSignal.timeout(2000) });
    socket.send('x', socket.address().port, GROUP);
    await heard;
    return null;
  } catch (error) {
    return String(error);
  } finally {
    socket.close();
  }
}

const fault = await multicastFault();
const nameOfTest =
  fault === null
    ? 'two processes find each other, and one hears the other go'
    : `no multicast on this machine, so discovery is not tested (${fault})`;

test(nameOfTest, { timeout: 20_000 }, async () => {
  if (fault !== null) return;
  const port = await freePort();
  const network = `test-${randomBytes(4).toString('hex')}`;
  const identity = identityFromSeed(primitives, new Uint8Array(randomBytes(32)));
  const found = Promise.withResolvers<FoundNode>();
  const lost = Promise.withResolvers<FoundNode>();
  const discovery = await createMdns({
    primitives,
    clock: systemClock,
    rng: systemRng,
    logger: createLogger({ level: 'silent' }),
    publicKey: identity.publicKey,
    networkId: network,
    meshName: 'home',
    port,
  })(['0.0.0.0:4711'], { found: found.resolve, lost: lost.resolve });
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'mdns-neighbour.ts'), network, String(port)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  children.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const seenByChild = JSON.parse(String((await lines.next()).value)) as {
    readonly self: string;
    readonly found: string;
    readonly addresses: readonly string[];
  };
  const neighbour = await found.promise;
  expect(seenByChild.found).toBe(Buffer.from(identity.publicKey).toString('hex'));
  expect(seenByChild.addresses[0]).toMatch(/^[\d.]+:4711$/);
  expect(Buffer.from(neighbour.publicKey).toString('hex')).toBe(seenByChild.self);
  expect(neighbour.addresses).toEqual([
    expect.stringMatching(/^quic:[\d.]+:4712$/),
    expect.stringMatching(/^[\d.]+:4713$/),
  ]);
  expect(discovery.nodes).toEqual([neighbour]);
  child.stdin.end();
  expect(await lost.promise).toEqual(neighbour);
  await discovery.close();
});
